package dev.regild.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.List;
import java.util.MissingResourceException;
import javax.xml.XMLConstants;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Steps through the elements of an XML document that may be hostile or larger than memory. A
 * document type, and with it every entity, is refused; so are elements more than 32 deep, a tag, a
 * comment or a CDATA section of more than 1 MiB, and a text or an attribute of more than 64 KiB
 * among those that are asked for.
 */
public final class XmlScanner {
  private static final int DEEPEST = 32;
  private static final int LONGEST_TEXT = 64 << 10;

  /** The JDK's own parser, whatever else lies on the class path. */
  static final XMLInputFactory FACTORY = XMLInputFactory.newDefaultFactory();

  static {
    FACTORY.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    FACTORY.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    // These count &amp; and its like too, of which an index of a distribution has some hundred
    // thousand. Other entities can't be had without a document type.
    for (String limit :
        List.of(
            "totalEntitySizeLimit",
            "maxGeneralEntitySizeLimit",
            "entityExpansionLimit",
            "entityReplacementLimit")) {
      FACTORY.setProperty("jdk.xml." + limit, 0);
    }
  }

  private final XMLStreamReader reader;
  private final StringBuilder path = new StringBuilder();
  private int depth;

  private XmlScanner(XMLStreamReader reader) {
    this.reader = reader;
  }

  /** Is told of each element; paths are of local names: {@code metadata/package/name}. */
  public interface Visitor {
    /** Is called at its start, and may then ask for its attributes and its text. */
    void start(String path, XmlScanner element) throws IOException;

    void end(String path) throws IOException;
  }

  /**
   * Reads a document in UTF-8 to its end.
   *
   * @throws IOException if it is malformed, or one of the limits is passed
   */
  public static void scan(InputStream document, Visitor visitor) throws IOException {
    try {
      XMLStreamReader reader =
          FACTORY.createXMLStreamReader(new XmlTagGuard(new InputStreamReader(document, UTF_8)));
      try {
        new XmlScanner(reader).scan(visitor);
      } finally {
        reader.close();
      }
    } catch (XMLStreamException e) {
      throw XmlPull.malformed(e);
    } catch (MissingResourceException e) {
      // The JDK's parser has no text for some of its errors in a document type, and fails for that.
      throw new IOException("it is malformed XML, and has a document type", e);
    }
  }

  private void scan(Visitor visitor) throws IOException, XMLStreamException {
    while (reader.hasNext()) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          enter();
          visitor.start(path.toString(), this);
          // The visitor may have read on, to the end of the element.
          if (reader.isEndElement()) {
            leave(visitor);
          }
        }
        case XMLStreamConstants.END_ELEMENT -> leave(visitor);
        case XMLStreamConstants.DTD -> throw new IOException("it has a document type");
        default -> {
          // Text that nobody asked for, comments.
        }
      }
    }
  }

  private void enter() throws IOException {
    if (++depth > DEEPEST) {
      throw new IOException("its elements are nested more than " + DEEPEST + " deep");
    }
    if (depth > 1) {
      path.append('/');
    }
    path.append(reader.getLocalName());
  }

  private void leave(Visitor visitor) throws IOException {
    visitor.end(path.toString());
    path.setLength(Math.max(0, path.lastIndexOf("/")));
    depth--;
  }

  /** An attribute of the element that was just entered; empty if it isn't there. */
  public String attribute(String name) throws IOException {
    return limited(name, reader.getAttributeValue(null, name));
  }

  private String limited(String name, @Nullable String value) throws IOException {
    if (value != null && value.length() > LONGEST_TEXT) {
      throw new IOException("the attribute " + name + " of " + path + " is longer than 64 KiB");
    }
    return value == null ? "" : value;
  }

  /** Its attribute {@code xml:base}; empty if it isn't there. */
  public String base() throws IOException {
    return limited("xml:base", reader.getAttributeValue(XMLConstants.XML_NS_URI, "base"));
  }

  /** The text of the element that was just entered, which holds no other. */
  public String text() throws IOException {
    StringBuilder text = new StringBuilder();
    try {
      while (reader.next() != XMLStreamConstants.END_ELEMENT) {
        if (reader.isStartElement()) {
          throw new IOException(path + " holds elements in place of a text");
        }
        if (reader.hasText()) {
          text.append(reader.getText());
        }
        if (text.length() > LONGEST_TEXT) {
          throw new IOException(path + " is longer than 64 KiB");
        }
      }
    } catch (XMLStreamException e) {
      throw XmlPull.malformed(e);
    }
    return text.toString().strip();
  }
}
