package dev.regild.server;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.regild.files.Ancestors;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.PrivateTree;
import dev.regild.server.backup.Restore;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of all that a server keeps, held by one server at a time and closed to every other
 * user of the host.
 */
final class DataDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);

  /** All but {@code work}, which is emptied at the start anyway. */
  private static final List<String> KEPT =
      List.of("layers", "disks", "exports", "packages", "snapshots", "channels");

  private static final String WORK = "work";

  private final Path path;
  private final FileChannel lockFile;

  private DataDirectory(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /**
   * Makes the directory if it is missing, and holds it. What earlier versions, or others, left open
   * in it is closed, and the log says so.
   *
   * @throws ConfigException if it can't be used, another user owns it or a file in it, or another
   *     server holds it
   */
  static DataDirectory open(Path path) throws ConfigException {
    if (Files.exists(path.resolve(Restore.UNFINISHED))) {
      throw new ConfigException(
          "data is '%s', whose restore has not ended; run regild restore again until it succeeds"
              .formatted(path));
    }
    try {
      close(path);
      FileChannel channel =
          FileChannel.open(
              path.resolve("lock"),
              Set.of(CREATE, WRITE, LinkOption.NOFOLLOW_LINKS),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      if (locked(channel) == null) {
        channel.close();
        throw new ConfigException(
            "data is '%s', but another server is using it; stop that server or name another directory"
                .formatted(path));
      }
      return new DataDirectory(path, channel);
    } catch (IOException e) {
      throw new ConfigException(
          "data is '%s', which cannot be used: %s; name a writable directory".formatted(path, e),
          e);
    }
  }

  /** Closes the door first: what is seen then in the directory stays as it is. */
  private static void close(Path path) throws IOException {
    if (Files.notExists(path)) {
      Files.createDirectories(path.toAbsolutePath().getParent());
    }
    PrivateDirectory data =
        PrivateDirectory.take(Files.exists(path) ? path.toRealPath() : path.toAbsolutePath());
    report(data);
    reportAncestors(path.toAbsolutePath());
    reportAncestors(data.path());
    closed(PrivateTree.closeFiles(data.path()), data.path());
    for (String name : KEPT) {
      PrivateDirectory kept = PrivateDirectory.within(data.path(), name);
      report(kept);
      if (kept.before().isPresent()) {
        closed(PrivateTree.closeAll(kept.path()), kept.path());
      }
    }
    report(PrivateDirectory.within(data.path(), WORK));
  }

  private static void report(PrivateDirectory directory) {
    directory
        .before()
        .ifPresent(before ->
            LOG.atWarn()
                .addKeyValue("directory", directory.path())
                .addKeyValue("was", text(before))
                .log("removed other users' access to a directory"));
  }

  private static void reportAncestors(Path directory) throws IOException {
    Ancestors.open(directory)
        .ifPresent(above ->
            LOG.atWarn()
                .addKeyValue("directory", above)
                .log("others can replace the data directory: close this one above it to them"));
  }

  private static String text(Set<PosixFilePermission> permissions) {
    return PosixFilePermissions.toString(permissions);
  }

  private static void closed(int files, Path directory) {
    if (files > 0) {
      LOG.atWarn()
          .addKeyValue("directory", directory)
          .addKeyValue("files", files)
          .log("removed other users' access to files");
    }
  }

  private static @Nullable FileLock locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  Path resolve(String name) {
    return path.resolve(name);
  }

  Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
