package dev.regild.console;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A form with a file, as browsers send it without scripts (RFC 7578): its parts one after another,
 * none of which is kept.
 */
final class MultipartForm {
  private static final Pattern BOUNDARY =
      Pattern.compile("multipart/form-data;.*boundary=\"?([0-9A-Za-z'()+_,./:=?-]{1,70})\"?.*");

  private static final Pattern NAME = Pattern.compile("(?:^|[; ])name=\"([^\"]{0,100})\"");
  private static final Pattern FILE_NAME = Pattern.compile("(?:^|[; ])filename=\"([^\"]{0,255})\"");
  private static final int LONGEST_HEAD = 8 << 10;
  private static final int BUFFER = 64 << 10;

  private final InputStream in;
  private final byte[] delimiter;
  private final byte[] buffer = new byte[BUFFER];
  private int start;
  private int end;
  private boolean ended;

  private MultipartForm(InputStream in, String boundary) throws IOException {
    this.in = in;
    this.delimiter = ("\r\n--" + boundary).getBytes(ISO_8859_1);
    // The first delimiter stands at the very beginning, without a line break before it.
    byte[] first = ("--" + boundary).getBytes(ISO_8859_1);
    for (byte expected : first) {
      if (readRaw() != (expected & 0xFF)) {
        throw new IOException("the form does not begin with its boundary");
      }
    }
  }

  /**
   * A part.
   *
   * @param name the name of its field
   * @param fileName as the browser says it; empty if it is no file
   * @param content ends where the part does
   */
  record Part(String name, String fileName, InputStream content) {
    /** Its text, of which it must not have more than that. */
    String text(int most) throws IOException {
      byte[] bytes = content.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new IOException("a field of the form is too long");
      }
      return new String(bytes, UTF_8);
    }
  }

  /**
   * Begins to read a form.
   *
   * @return empty if the content type is another
   */
  static Optional<MultipartForm> of(String contentType, InputStream in) throws IOException {
    Matcher form = BOUNDARY.matcher(contentType);
    return form.matches() ? Optional.of(new MultipartForm(in, form.group(1))) : Optional.empty();
  }

  /** The next part; what was left of the one before is passed over. */
  Optional<Part> next() throws IOException {
    if (ended) {
      return Optional.empty();
    }
    int first = readRaw();
    int second = readRaw();
    if (first == '-' && second == '-') {
      ended = true;
      return Optional.empty();
    }
    if (first != '\r' || second != '\n') {
      throw new IOException("a boundary of the form is damaged");
    }
    String head = head();
    Matcher name = NAME.matcher(head);
    Matcher fileName = FILE_NAME.matcher(head);
    return Optional.of(
        new Part(
            name.find() ? name.group(1) : "",
            fileName.find() ? fileName.group(1) : "",
            new Content()));
  }

  private String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      if (head.length() >= LONGEST_HEAD) {
        throw new IOException("the head of a part of the form is too long");
      }
      head.append((char) readRaw());
    }
    return head.toString();
  }

  private int readRaw() throws IOException {
    if (start == end && !fill()) {
      throw new EOFException("the form is incomplete");
    }
    return buffer[start++] & 0xFF;
  }

  /** Reads more behind what is there; false at the end of the stream. */
  private boolean fill() throws IOException {
    System.arraycopy(buffer, start, buffer, 0, end - start);
    end -= start;
    start = 0;
    int count = in.read(buffer, end, buffer.length - end);
    if (count > 0) {
      end += count;
    }
    return count >= 0;
  }

  /** The bytes up to the next delimiter, which is taken with them. */
  private final class Content extends InputStream {
    private boolean done;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, into.length);
      if (length == 0) {
        return 0;
      }
      if (done) {
        return -1;
      }
      while (true) {
        int found = find();
        int safe = found >= 0 ? found : Math.max(start, end - delimiter.length + 1);
        if (safe > start) {
          int count = Math.min(length, safe - start);
          System.arraycopy(buffer, start, into, offset, count);
          start += count;
          return count;
        }
        if (found >= 0) {
          start = found + delimiter.length;
          done = true;
          return -1;
        }
        if (!fill()) {
          throw new EOFException("the form is incomplete");
        }
      }
    }

    /** Where the delimiter begins in the buffer; -1 if it is not whole in it. */
    private int find() {
      for (int i = start; i <= end - delimiter.length; i++) {
        int j = 0;
        while (j < delimiter.length && buffer[i + j] == delimiter[j]) {
          j++;
        }
        if (j == delimiter.length) {
          return i;
        }
      }
      return -1;
    }
  }
}
