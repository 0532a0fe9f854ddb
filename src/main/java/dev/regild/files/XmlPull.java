package dev.regild.files;

import java.io.FilterReader;
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
  private static final int LONGEST_TAG = 1 << 20;

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
      return new XmlPull(XmlScanner.FACTORY.createXMLStreamReader(new TagGuard(document)));
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

  private static IOException malformed(XMLStreamException e) {
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

  /**
   * The parser keeps a whole tag, comment, instruction or CDATA section in memory: one that is
   * larger than any real one is refused, and so is a document type.
   */
  private static final class TagGuard extends FilterReader {
    private enum Form {
      TEXT,
      BEGUN,
      TAG,
      INSTRUCTION,
      COMMENT,
      SECTION
    }

    /** {@code <!---->} */
    private static final int SHORTEST_COMMENT = 6;

    private boolean begun;
    private Form form = Form.TEXT;
    private char quote;
    private char last;
    private char lastButOne;
    private int length;

    TagGuard(Reader in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      char[] one = new char[1];
      return read(one, 0, 1) < 0 ? -1 : one[0];
    }

    @Override
    public int read(char[] buffer, int offset, int most) throws IOException {
      int count = in.read(buffer, offset, most);
      if (!begun && count > 0) {
        begun = true;
        if (buffer[offset] == '\uFEFF') {
          // The mark of the byte order is no part of the text.
          buffer[offset] = ' ';
        }
      }
      for (int i = offset; i < offset + count; i++) {
        see(buffer[i]);
      }
      return count;
    }

    private void see(char c) throws IOException {
      if (form == Form.TEXT) {
        if (c == '<') {
          form = Form.BEGUN;
          quote = 0;
          length = 0;
        }
        return;
      }
      if (++length > LONGEST_TAG) {
        throw new IOException("it has a tag of more than 1 MiB");
      }
      switch (form) {
        case TEXT -> {
          // Seen above.
        }
        case BEGUN -> begin(c);
        case TAG -> tag(c);
        case INSTRUCTION -> endIf(c == '>' && last == '?');
        case COMMENT ->
            endIf(c == '>' && last == '-' && lastButOne == '-' && length >= SHORTEST_COMMENT);
        case SECTION -> endIf(c == '>' && last == ']' && lastButOne == ']');
      }
      lastButOne = last;
      last = c;
    }

    private void begin(char c) throws IOException {
      boolean declared = length == 2;
      if (!declared && c == '!') {
        return;
      }
      if (declared && c != '-' && c != '[') {
        throw new IOException("it has a document type");
      }
      if (declared) {
        form = c == '-' ? Form.COMMENT : Form.SECTION;
      } else if (c == '?') {
        form = Form.INSTRUCTION;
      } else {
        form = Form.TAG;
        tag(c);
      }
    }

    private void tag(char c) {
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else {
        endIf(c == '>');
      }
    }

    private void endIf(boolean ended) {
      if (ended) {
        form = Form.TEXT;
      }
    }
  }
}
