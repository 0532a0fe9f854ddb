package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;

/** Makes lines of what a program writes; a carriage return ends a line too. */
final class GuestLines {
  /** A longer line is handed on in pieces. */
  private static final int MAX_LINE_BYTES = 64 * 1024;

  private final Consumer<String> onLine;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  /**
   * @param onLine is given each line that is not empty
   */
  GuestLines(Consumer<String> onLine) {
    this.onLine = onLine;
  }

  void accept(byte[] output) {
    for (byte b : output) {
      if (b != '\n' && b != '\r') {
        line.write(b);
      }
      if (b == '\n' || b == '\r' || line.size() >= MAX_LINE_BYTES) {
        end();
      }
    }
  }

  /** Hands on what has no end of line. */
  void end() {
    if (line.size() > 0) {
      onLine.accept(line.toString(UTF_8));
      line.reset();
    }
  }
}
