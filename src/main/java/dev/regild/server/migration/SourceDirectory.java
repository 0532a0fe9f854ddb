package dev.regild.server.migration;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.db.Database;
import dev.regild.files.FileTree;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A data directory that is read while nobody uses it, and never written to. The database is read
 * from a copy, because opening it would bring its tables up to date.
 */
final class SourceDirectory implements AutoCloseable {
  private static final Path PLACE = Path.of("/var/tmp");
  private static final String PREFIX = "regild-migrate-";

  private final Path data;
  private final FileChannel lock;
  private final Path copies;
  private final Database database;

  private SourceDirectory(Path data, FileChannel lock, Path copies, Database database) {
    this.data = data;
    this.lock = lock;
    this.copies = copies;
    this.database = database;
  }

  /**
   * Holds the directory, as a server does.
   *
   * @throws MigrationException if it has no registry, or a server uses it
   */
  static SourceDirectory open(Path data) throws IOException {
    if (!Files.isRegularFile(data.resolve("regild.db"))) {
      throw new MigrationException(
          "%s contains no embedded registry. Name the data directory of a server without database: --data DIR"
              .formatted(data));
    }
    FileChannel lock =
        FileChannel.open(
            data.resolve("lock"), Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
    Path copies = null;
    boolean done = false;
    try {
      if (held(lock) == null) {
        throw new MigrationException(
            "A server is using %s. Stop it first; it must not run again on this directory afterwards."
                .formatted(data));
      }
      String prefix = PREFIX + Sha256.of(data.toRealPath().toString().getBytes(UTF_8)) + "-";
      copies = Files.createTempDirectory(PLACE, prefix);
      removeOlder(copies, prefix);
      for (String name : List.of("regild.db", "regild.db-wal")) {
        if (Files.exists(data.resolve(name))) {
          Files.copy(data.resolve(name), copies.resolve(name));
        }
      }
      SourceDirectory source =
          new SourceDirectory(data, lock, copies, Database.open(copies.resolve("regild.db")));
      done = true;
      return source;
    } finally {
      if (!done) {
        lock.close();
        if (copies != null) {
          FileTree.remove(copies);
        }
      }
    }
  }

  /** Removes what a killed migration of the same directory left: nobody else has its lock. */
  private static void removeOlder(Path copies, String prefix) throws IOException {
    UserPrincipal me = Files.getOwner(copies);
    List<Path> left;
    try (Stream<Path> all = Files.list(PLACE)) {
      left =
          all.filter(each -> each.getFileName().toString().startsWith(prefix))
              .filter(each -> !each.equals(copies))
              .toList();
    }
    for (Path each : left) {
      // Anybody can put something there.
      if (Files.getOwner(each, LinkOption.NOFOLLOW_LINKS).equals(me)) {
        FileTree.remove(each);
      }
    }
  }

  private static @Nullable FileLock held(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  Path data() {
    return data;
  }

  Database database() {
    return database;
  }

  /** Returns what only this registry has: the same each time, wherever the directory is. */
  String id() {
    List<String> keys =
        database.read(handle ->
            handle
                .createQuery("SELECT id FROM signing_key ORDER BY serial LIMIT 1")
                .mapTo(String.class)
                .list());
    return Sha256.of(String.join("", keys).getBytes(UTF_8));
  }

  /**
   * Returns a directory with links to the channels' files, for what keeps notes beside them.
   *
   * @param names of directories in the data directory, and of one file
   */
  Path linked(List<String> names) throws IOException {
    Path view = Files.createDirectory(copies.resolve("channels-view"));
    for (String name : names) {
      if (Files.exists(data.resolve(name))) {
        link(data.resolve(name), view.resolve(name));
      }
    }
    return view;
  }

  private static void link(Path from, Path to) throws IOException {
    if (!Files.isDirectory(from)) {
      Files.createSymbolicLink(to, from.toAbsolutePath());
      return;
    }
    Files.createDirectory(to);
    try (Stream<Path> children = Files.list(from)) {
      for (Path child : children.toList()) {
        link(child, to.resolve(child.getFileName()));
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      database.close();
      FileTree.remove(copies);
    } finally {
      lock.close();
    }
  }
}
