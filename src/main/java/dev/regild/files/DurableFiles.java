package dev.regild.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/** Files that are there whole or not at all, also after a power cut. */
public final class DurableFiles {
  private DurableFiles() {}

  /** Writes a file, or replaces it, in one step. */
  public static void write(Path file, String content) throws IOException {
    write(file, content, new FileAttribute<?>[0]);
  }

  /** The same for a file that its owner alone can read, whatever the umask is. */
  public static void writePrivate(Path file, String content) throws IOException {
    write(
        file,
        content,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  private static void write(Path file, String content, FileAttribute<?>... attributes)
      throws IOException {
    Path temporary = temporaryBeside(file);
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, Set.of(CREATE_NEW, WRITE), attributes)) {
        ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      move(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Returns a name in the same directory that begins with a dot, so that listings skip it. */
  public static Path temporaryBeside(Path file) {
    return file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".part");
  }

  /** Renames a file or directory whose content is on the disk already, and forces the new name. */
  public static void move(Path from, Path to) throws IOException {
    Files.move(from, to, ATOMIC_MOVE);
    Path directory = to.toAbsolutePath().getParent();
    if (directory != null) {
      force(directory);
    }
  }

  /** Forces the content to the disk, then gives the file its name, then forces the name too. */
  public static void moveInto(Path directory, Path file, String name) throws IOException {
    force(file);
    move(file, directory.resolve(name));
  }

  /** Forces the content of a file, or the names in a directory, to the disk. */
  public static void force(Path fileOrDirectory) throws IOException {
    // A read-only channel may be forced as well: fsync(2) asks for no access to the content.
    try (FileChannel channel = FileChannel.open(fileOrDirectory, READ)) {
      channel.force(true);
    }
  }
}
