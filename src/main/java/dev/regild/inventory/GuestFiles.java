package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The files and the programs of an opened disk, by the guest's paths. */
public interface GuestFiles {
  /**
   * The largest file that is read; dpkg's list of an installed desktop has 5 MiB. All of it is held
   * in memory.
   */
  long MAX_READ_BYTES = 64L << 20;

  /** The largest file that is read as a text: configuration has some kilobytes. */
  int MAX_TEXT_BYTES = 1 << 20;

  /**
   * The content of a regular file; symbolic links are followed inside the guest only.
   *
   * @throws IOException if it is not a regular file, or larger than {@value #MAX_READ_BYTES} bytes
   */
  byte[] read(String path) throws IOException;

  /**
   * The text of a small file.
   *
   * @throws IOException if it is not a regular file, or larger than {@value #MAX_TEXT_BYTES} bytes
   */
  default String text(String path) throws IOException {
    byte[] content = read(path);
    if (content.length > MAX_TEXT_BYTES) {
      throw new IOException(
          "the guest's %s has %d bytes; the limit is %d. Make it smaller"
              .formatted(path, content.length, MAX_TEXT_BYTES));
    }
    return new String(content, UTF_8);
  }

  /** Whether there is anything at that path, a dangling symbolic link included. */
  boolean exists(String path) throws IOException;

  /**
   * Whether {@link #run} can run programs. Where it can't, {@link #names} lists directories, and
   * {@link #small} reads what may be large.
   */
  default boolean runsPrograms() {
    return true;
  }

  /** The names of the regular files in a directory, and of links to such; none if it is missing. */
  default List<String> names(String directory) throws IOException {
    throw new UnsupportedOperationException("directories are listed by programs");
  }

  /** The content of a regular file; empty if it is missing, larger, or of another kind. */
  default Optional<byte[]> small(String path, int mostBytes) throws IOException {
    throw new UnsupportedOperationException("files are looked at by programs");
  }

  /**
   * Runs one program of the guest, with its root as root, that changes nothing on the disk.
   *
   * @return its standard output
   * @throws IOException if it ended with another status than 0
   */
  String run(String... command) throws IOException;
}
