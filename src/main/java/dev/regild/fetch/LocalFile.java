package dev.regild.fetch;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A file of ours being written. That the disk is full must not look like a broken transfer, which
 * is tried again.
 */
final class LocalFile extends FilterOutputStream {
  private final FileChannel file;
  private final Path path;

  private LocalFile(FileChannel file, Path path) {
    super(Channels.newOutputStream(file));
    this.file = file;
    this.path = path;
  }

  /** Empties the file if it is there. */
  static LocalFile create(Path path) throws UnwritableException {
    try {
      return new LocalFile(FileChannel.open(path, CREATE, TRUNCATE_EXISTING, WRITE), path);
    } catch (IOException e) {
      throw new UnwritableException(path, e);
    }
  }

  /** Goes on at the end of a file that is there. */
  static LocalFile append(Path path) throws UnwritableException {
    try {
      return new LocalFile(FileChannel.open(path, WRITE, APPEND), path);
    } catch (IOException e) {
      throw new UnwritableException(path, e);
    }
  }

  /** The file could not be written. */
  static final class UnwritableException extends IOException {
    UnwritableException(Path path, IOException cause) {
      super(
          path
              + " could not be written ("
              + cause
              + "); free some space there, or fix the permissions",
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

  /** Forces what was written to the disk. */
  void sync() throws UnwritableException {
    try {
      file.force(true);
    } catch (IOException e) {
      throw new UnwritableException(path, e);
    }
  }
}
