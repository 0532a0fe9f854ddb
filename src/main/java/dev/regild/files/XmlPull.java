package dev.regild.files;

import java.io.IOException;
import java.io.Reader;
import java.util.MissingResourceException;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Walks through an XML document that may be hostile or larger than memory, element by element. A
 * document type, and with it every entity, is refused; so are elements more than 256 deep, a tag, a
 * comment or a CDATA section of more than 1 MiB, and a text or an attribute of more than 64 KiB
 * among those that are asked for.
 */
public final class XmlPull implements AutoCloseable {
  private static final int DEEPEST = 256;
  private static final int LONGEST_TEXT = 64 << 10;

  private final XMLStreamReader reader;
  private int depth;

  private XmlPull(XMLStreamReader reader) {
    this.reader = reader;
  }

  /** Reads a child of an element; what it does not read of it is skipped. */
  @FunctionalInterface
  public interface Child {
    void read(String name) throws IOException;
  }

  /** Takes a text piece by piece. */
  @FunctionalInterface
  public interface Pieces {
    void add(char[] text, int start, int length) throws IOException;
  }

  /**
   * Opens a document.
   *
   * @throws IOException if it is malformed
   */
  public static XmlPull open(Reader document) throws IOException {
    try {
      return new XmlPull(XmlScanner.FACTORY.createXMLStreamReader(new XmlTagGuard(document)));
    } catch (XMLStreamException e) {
      throw malformed(e);
    }
  }

  /** Moves to the root element, and returns its name. */
  public String root() throws IOException {
    while (next() != XMLStreamConstants.START_ELEMENT) {
      // What stands before it.
    }
    return reader.getLocalName();
  }

  /** Reads the children of the element that was just entered, to its end. */
  public void children(Child child) throws IOException {
    int own = depth;
    while (true) {
      switch (next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          child.read(reader.getLocalName());
          leaveTo(own);
        }
        case XMLStreamConstants.END_ELEMENT -> {
          return;
        }
        default -> {
          // Text that nobody asked for, comments.
        }
      }
    }
  }

  /** Reads the document to its end, so that it is known to be well-formed. */
  public void end() throws IOException {
    while (next() != XMLStreamConstants.END_DOCUMENT) {
      // Nothing of it is asked for.
    }
  }

  private void leaveTo(int level) throws IOException {
    while (depth > level) {
      var _ = next();
    }
  }

  private int next() throws IOException {
    try {
      int event = reader.next();
      switch (event) {
        case XMLStreamConstants.START_ELEMENT -> {
          if (++depth > DEEPEST) {
            throw new IOException("its elements are nested more than " + DEEPEST + " deep");
          }
        }
        case XMLStreamConstants.END_ELEMENT -> depth--;
        case XMLStreamConstants.DTD -> throw new IOException("it has a document type");
        default -> {
          // Text, comments, the end.
        }
      }
      return event;
    } catch (XMLStreamException e) {
      throw malformed(e);
    } catch (MissingResourceException e) {
      // The JDK's parser has no text for some of its errors in a document type, and fails for that.
      throw new IOException("it is malformed XML, and has a document type", e);
    }
  }

  static IOException malformed(XMLStreamException e) {
    return e.getNestedException() instanceof IOException cause
        ? cause
        : new IOException("it is malformed XML: " + e.getMessage(), e);
  }

  /** Returns an attribute of the element that was just entered; empty if it isn't there. */
  public String attribute(String name) throws IOException {
    @Nullable String value = reader.getAttributeValue(null, name);
    if (value != null && value.length() > LONGEST_TEXT) {
      throw new IOException("the attribute " + name + " is longer than 64 KiB");
    }
    return value == null ? "" : value;
  }

  /** Returns the text of the element that was just entered, which holds no other. */
  public String text() throws IOException {
    StringBuilder text = new StringBuilder();
    text((characters, start, length) -> {
      if (text.length() + length > LONGEST_TEXT) {
        throw new IOException("a text is longer than 64 KiB");
      }
      text.append(characters, start, length);
    });
    return text.toString().strip();
  }

  /** Hands on the text of the element that was just entered, which holds no other. */
  public void text(Pieces pieces) throws IOException {
    while (true) {
      switch (next()) {
        case XMLStreamConstants.END_ELEMENT -> {
          return;
        }
        case XMLStreamConstants.START_ELEMENT ->
            throw new IOException("there are elements in place of a text");
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.SPACE, XMLStreamConstants.CDATA ->
            pieces.add(reader.getTextCharacters(), reader.getTextStart(), reader.getTextLength());
        default -> {
          // Comments.
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      reader.close();
    } catch (XMLStreamException e) {
      throw malformed(e);
    }
  }
}
