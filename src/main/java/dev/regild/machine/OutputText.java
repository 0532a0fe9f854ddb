package dev.regild.machine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** A program's whole standard output, up to a limit. */
final class OutputText extends OutputReader {
  private final int maxBytes;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  OutputText(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  @Override
  void read(InputStream stream) throws IOException, ProgramException {
    byte[] buffer = new byte[8192];
    for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
      if (bytes.size() + n > maxBytes) {
        throw new ProgramException("wrote more than " + maxBytes + " bytes and was killed");
      }
      bytes.write(buffer, 0, n);
    }
  }

  String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
