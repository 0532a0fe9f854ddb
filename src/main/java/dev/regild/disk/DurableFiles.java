package dev.regild.disk;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Files that are there whole or not at all, also after the power was cut. */
final class DurableFiles {
  private DurableFiles() {}

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }

  /**
   * Lower-case hexadecimal.
   *
   * @throws InterruptedIOException if our thread is interrupted meanwhile; it still is then
   */
  static String sha256(Path file) throws IOException {
    MessageDigest digest = newSha256();
    byte[] buffer = new byte[1 << 20];
    try (InputStream stream = Files.newInputStream(file)) {
      for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
        digest.update(buffer, 0, n);
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("interrupted while reading " + file);
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Forces the content to the disk, then gives the file its name, then forces the name too. */
  static void moveInto(Path directory, Path file, String name) throws IOException {
    // A read-only channel may be forced as well: fsync(2) asks for no access to the content.
    force(file);
    Files.move(file, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    force(directory);
  }

  static void force(Path fileOrDirectory) throws IOException {
    try (FileChannel channel = FileChannel.open(fileOrDirectory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static List<String> names(Path directory) throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.map(path -> path.getFileName().toString()).toList();
    }
  }
}
