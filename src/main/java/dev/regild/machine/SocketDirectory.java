package dev.regild.machine;

import dev.regild.files.FileTree;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.PrivateLinks;
import dev.regild.files.RuntimeDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A directory for Unix sockets that only our user can enter. A socket's path may have 107 bytes
 * (unix(7)), and workspaces may lie deep: then a link of a short path leads to the directory. The
 * link lies where no other user can put another in its place.
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
      PrivateDirectory.take(directory);
      if (directory.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_DIRECTORY_BYTES) {
        return new SocketDirectory(directory, Optional.empty());
      }
      Path link = Files.createTempDirectory(places().getFirst(), PREFIX).resolve(name);
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
    for (Path place : places()) {
      PrivateLinks.remove(place, PREFIX, target);
    }
  }

  /** Where links may lie, the best first. Each lies in a directory of a random name and our own. */
  private static List<Path> places() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    return Stream.concat(RuntimeDirectory.find().stream(), Stream.of(temporary)).toList();
  }

  Path socket(String name) {
    return path.resolve(name);
  }

  /** Takes the link away. */
  @Override
  public void close() {
    if (link.isPresent()) {
      try {
        FileTree.remove(link.get().resolveSibling("."));
      } catch (IOException left) {
        // An empty directory among the temporary ones.
      }
    }
  }
}
