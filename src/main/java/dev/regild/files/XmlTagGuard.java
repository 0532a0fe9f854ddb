package dev.regild.files;

import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;

/**
 * The parser keeps a whole tag, comment, instruction or CDATA section in memory: one that is larger
 * than any real one is refused, and so is a document type.
 */
final class XmlTagGuard extends FilterReader {
  private static final int LONGEST_TAG = 1 << 20;

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

  XmlTagGuard(Reader in) {
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
