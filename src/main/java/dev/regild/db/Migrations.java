package dev.regild.db;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.jar.JarEntry;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Brings a database's tables up to date. */
final class Migrations {
  /** What only PostgreSQL gets: the order of texts. */
  static final String POSTGRESQL = "db/postgresql/";

  private static final String FOLDER = "db/migration/";

  private final DataSource database;

  Migrations(DataSource database) {
    this.database = database;
  }

  /**
   * Runs the migrations that an SQLite database lacks. Flyway takes a quarter of a server's start
   * to find that there is nothing to do, so the database keeps the checksum of the migrations that
   * it has seen: if they are those of this version, Flyway is not asked.
   *
   * @throws IllegalStateException if the database has one that this version does not know, since a
   *     newer version made it
   */
  void runIfChanged() {
    int checksum = checksum();
    Jdbi jdbi = Jdbi.create(database);
    if (jdbi.withHandle(Migrations::applied) == checksum) {
      return;
    }
    run();
    jdbi.useHandle(handle -> handle.execute("PRAGMA user_version = " + checksum));
  }

  /**
   * Runs the migrations that the database lacks.
   *
   * @param more folders beside the one for all databases
   * @throws IllegalStateException if the database has one that this version does not know, since a
   *     newer version made it
   */
  void run(String... more) {
    Flyway flyway = flyway("", more);
    requireKnown(Jdbi.create(database).withHandle(Migrations::newestIn), newest(flyway));
    flyway.migrate();
  }

  /** Flyway would list what it does not know, and not say what that means. */
  private static void requireKnown(int there, int known) {
    if (there > known) {
      throw new IllegalStateException(
          "a newer version of Regild has used it (its tables are at %d, and this version knows %d)"
              .formatted(there, known));
    }
  }

  /** Returns the newest migration that an SQLite database has seen; 0 for a new one. */
  static int newestIn(Handle handle) {
    boolean isThere =
        handle
                .createQuery(
                    "SELECT COUNT(*) FROM sqlite_master WHERE name = 'flyway_schema_history'")
                .mapTo(Integer.class)
                .one()
            > 0;
    return isThere
        ? handle
            .createQuery(
                "SELECT COALESCE(MAX(CAST(version AS INTEGER)), 0) FROM flyway_schema_history")
            .mapTo(Integer.class)
            .one()
        : 0;
  }

  /** Returns the newest migration of this version. */
  int newestKnown() {
    return newest(flyway(""));
  }

  private static int newest(Flyway flyway) {
    return Arrays.stream(flyway.info().all())
        .filter(migration -> migration.getState().isResolved())
        .map(MigrationInfo::getVersion)
        .filter(Objects::nonNull)
        .mapToInt(version -> version.getMajor().intValueExact())
        .max()
        .orElse(0);
  }

  /**
   * @param ignored the pattern of migrations that don't matter; may be empty
   */
  private Flyway flyway(String ignored, String... more) {
    return Flyway.configure(Migrations.class.getClassLoader())
        .dataSource(database)
        .locations(
            Stream.concat(Stream.of(FOLDER), Arrays.stream(more))
                .map(folder -> "classpath:" + folder)
                .toArray(String[]::new))
        .ignoreMigrationPatterns(ignored.isEmpty() ? new String[0] : new String[] {ignored})
        .load();
  }

  /**
   * Runs the migrations that a shared database lacks. It may have later ones, of a newer version
   * that runs beside this one, unless this version can't work with their tables.
   *
   * @param more folders beside the one for all databases
   * @throws IllegalStateException if this version is too old for the database
   */
  void runBeside(String... more) {
    Flyway flyway = flyway("*:future", more);
    int newest = newest(flyway);
    OptionalInt floor = Jdbi.create(database).withHandle(Migrations::floor);
    if (floor.isPresent() && floor.getAsInt() > newest) {
      throw new IllegalStateException(
          "a newer version of Regild has changed its tables (to %d) so that this one (%d) can't work with them. Upgrade this node"
              .formatted(floor.getAsInt(), newest));
    }
    flyway.migrate();
  }

  /**
   * The newest migration that a program must know; empty in a database that does not say so yet.
   */
  private static OptionalInt floor(Handle handle) {
    boolean isThere =
        handle
            .createQuery("SELECT to_regclass('schema_floor') IS NOT NULL")
            .mapTo(Boolean.class)
            .one();
    return isThere
        ? OptionalInt.of(
            handle
                .createQuery("SELECT COALESCE(MAX(version), 0) FROM schema_floor")
                .mapTo(Integer.class)
                .one())
        : OptionalInt.empty();
  }

  /** The checksum of the migrations that the database has seen; 0 if it does not say. */
  static int applied(Handle handle) {
    return handle.createQuery("PRAGMA user_version").mapTo(Integer.class).one();
  }

  /** Of the names and contents of this version's migrations, positive. */
  private static int checksum() {
    URL folder = Objects.requireNonNull(Migrations.class.getClassLoader().getResource(FOLDER));
    try {
      List<String> files =
          folder.openConnection() instanceof JarURLConnection jar
              ? filesIn(jar)
              : filesIn(Path.of(URI.create(folder.toString())));
      CRC32 sum = new CRC32();
      sum.update(String.join("", files).getBytes(UTF_8));
      // SQLite's number has 31 bits and a sign, and 0 stands for none.
      return Math.max(1, (int) (sum.getValue() & Integer.MAX_VALUE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A jar has the files' checksums in its directory. */
  private static List<String> filesIn(JarURLConnection folder) throws IOException {
    try (Stream<JarEntry> entries = folder.getJarFile().stream()) {
      return entries
          .filter(entry -> !entry.isDirectory())
          .filter(entry -> entry.getName().startsWith(folder.getEntryName()))
          .map(entry -> line(entry.getName(), entry.getCrc()))
          .sorted()
          .toList();
    }
  }

  /** Of classes that are in no jar, as a test's. */
  private static List<String> filesIn(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        CRC32 sum = new CRC32();
        sum.update(Files.readAllBytes(file));
        lines.add(line(FOLDER + file.getFileName(), sum.getValue()));
      }
    }
    lines.sort(null);
    return lines;
  }

  private static String line(String name, long checksum) {
    return "%s %08x%n".formatted(name, checksum);
  }
}
