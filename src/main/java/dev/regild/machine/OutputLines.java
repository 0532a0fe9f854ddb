package dev.regild.machine;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A program's standard output, line by line as it comes; a carriage return ends a line too. */
final class OutputLines extends OutputReader {
  /** A longer line is handed on in pieces. */
  private static final int MAX_LINE_BYTES = 64 * 1024;

  private final Consumer<String> onLine;
  private final long maxBytes;

  /**
   * @param maxBytes of the whole output
   */
  OutputLines(Consumer<String> onLine, long maxBytes) {
    this.onLine = onLine;
    this.maxBytes = maxBytes;
  }

  @Override
  void read(InputStream stream) throws IOException, ProgramException {
    long bytes = 0;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    InputStream buffered = new BufferedInputStream(stream);
    for (int b = buffered.read(); b >= 0; b = buffered.read()) {
      if (++bytes > maxBytes) {
        throw new ProgramException("wrote more than " + maxBytes + " bytes and was killed");
      }
      if (b != '\n' && b != '\r') {
        line.write(b);
      }
      if (b == '\n' || b == '\r' || line.size() >= MAX_LINE_BYTES) {
        handOn(line);
      }
    }
    handOn(line);
  }

  private void handOn(ByteArrayOutputStream line) {
    if (line.size() > 0) {
      onLine.accept(line.toString(StandardCharsets.UTF_8));
      line.reset();
    }
  }
}
