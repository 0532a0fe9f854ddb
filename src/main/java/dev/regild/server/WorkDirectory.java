package dev.regild.server;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.regild.files.PrivateDirectory;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * The directory whose {@code work} holds the unfinished files of this node's jobs, held by one node
 * at a time: each removes what it finds there at its start.
 */
final class WorkDirectory implements AutoCloseable {
  private final Path path;
  private final Optional<FileChannel> lock;

  private WorkDirectory(Path path, Optional<FileChannel> lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Makes the directory if it is missing, and holds it.
   *
   * @param named by the configuration; if it names none, it is the data directory
   * @param data held by this node already
   * @throws ConfigException if it can't be used, or another node holds it
   */
  static WorkDirectory open(Optional<Path> named, Path data) throws ConfigException {
    if (named.isEmpty() || named.get().equals(data)) {
      return new WorkDirectory(data, Optional.empty());
    }
    Path path = named.get();
    try {
      Files.createDirectories(path.resolveSibling(""));
      Path taken = PrivateDirectory.take(Files.exists(path) ? path.toRealPath() : path).path();
      FileChannel channel =
          FileChannel.open(
              taken.resolve("lock"),
              Set.of(CREATE, WRITE, LinkOption.NOFOLLOW_LINKS),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      if (!isLocked(channel)) {
        channel.close();
        throw new ConfigException(
            "node.work is '%s', but another node is using it; name a directory of this node's own"
                .formatted(path));
      }
      return new WorkDirectory(taken, Optional.of(channel));
    } catch (IOException e) {
      throw new ConfigException(
          "node.work is '%s', which cannot be used: %s; name a writable directory"
              .formatted(path, e),
          e);
    }
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    if (lock.isPresent()) {
      lock.get().close();
    }
  }
}
