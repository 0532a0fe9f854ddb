package dev.regild.channel;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/**
 * A file of ours being written. That the disk is full must not look like a broken transfer, which
 * is tried again.
 */
final class LocalFile extends FilterOutputStream {
  private final Path path;

  LocalFile(OutputStream out, Path path) {
    super(out);
    this.path = path;
  }

  /** The file could not be written. */
  static final class UnwritableException extends IOException {
    UnwritableException(Path path, IOException cause) {
      super(
          path
              + " could not be written ("
              + cause.getMessage()
              + "); make room on that filesystem, or correct its rights",
          cause);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      throw new UnwritableException(path, e);
    }
  }
}
