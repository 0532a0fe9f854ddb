package dev.regild.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * A directory for Unix sockets that only our user can enter. A socket's path may have 107 bytes
 * (unix(7)), and workspaces may lie deep: then a link of a short path leads to the directory.
 *
 * @param path of the directory, short enough for sockets
 * @param link made for it, in a temporary directory of its own; empty if none was needed
 */
public record SocketDirectory(Path path, Optional<Path> link) implements AutoCloseable {
  private static final int MAX_DIRECTORY_BYTES = 90;
  private static final String PREFIX = "regild-";

  /** Makes it, or takes one that is there already; it belongs to the caller. */
  static SocketDirectory in(Path parent, String name) throws VirtualMachineException {
    Path directory = parent.toAbsolutePath().resolve(name + "-sockets");
    try {
      if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(directory);
      }
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      if (directory.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_DIRECTORY_BYTES) {
        return new SocketDirectory(directory, Optional.empty());
      }
      Path link = Files.createTempDirectory(PREFIX).resolve(name);
      Files.createSymbolicLink(link, directory);
      return new SocketDirectory(link, Optional.of(link));
    } catch (IOException e) {
      throw new VirtualMachineException(
          "the directory of the machine's sockets, " + directory + ", can't be made", e);
    }
  }

  /**
   * Takes away the links that a process left which was killed.
   *
   * @param root below which their directories were; no machine runs there
   */
  public static void removeLinksInto(Path root) throws IOException {
    Path target = root.toAbsolutePath();
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(temporary, PREFIX + "*")) {
      for (Path directory : directories) {
        removeLinks(directory, target);
      }
    }
  }

  private static void removeLinks(Path directory, Path target) {
    try (DirectoryStream<Path> links = Files.newDirectoryStream(directory)) {
      for (Path link : links) {
        if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).startsWith(target)) {
          Files.delete(link);
          Files.delete(directory);
        }
      }
    } catch (IOException anothersOrGone) {
      // What others have there is theirs.
    }
  }

  Path socket(String name) {
    return path.resolve(name);
  }

  /** Takes the link away. */
  @Override
  public void close() {
    if (link.isPresent()) {
      try {
        Files.deleteIfExists(link.get());
        Files.deleteIfExists(link.get().getParent());
      } catch (IOException left) {
        // An empty directory among the temporary ones.
      }
    }
  }
}
