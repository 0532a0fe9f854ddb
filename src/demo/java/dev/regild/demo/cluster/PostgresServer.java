package dev.regild.demo.cluster;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A PostgreSQL of Debian's own programs, in a temporary directory, on a free port of this machine,
 * as a user without rights. It does not wait for the disk. It ends with this process, however that
 * ends, and its directory with it.
 */
public final class PostgresServer implements AutoCloseable {
  public static final String USER = "regild";
  public static final String PASSWORD = "sent by nobody but tests";

  private static final Path VERSIONS = Path.of("/usr/lib/postgresql");
  private static final String BUILT_IN = "C.UTF-8";
  private static final String NOBODY = "65534";
  private static final Duration START = Duration.ofSeconds(60);

  /** Stops the server and removes all when the standard input ends. */
  private static final String RUN =
      """
      trap 'kill -QUIT $server 2>/dev/null; wait $server; rm -rf "$1"' EXIT
      trap 'exit 1' HUP INT TERM
      "$2/postgres" -D "$1/data" >"$1/log" 2>&1 </dev/null &
      server=$!
      read -r _
      """;

  private final Path directory;
  private final Path programs;
  private final String locale;
  private final int port;
  private Process running;

  private PostgresServer(Path directory, Path programs, String locale, int port)
      throws ProgramException {
    this.directory = directory;
    this.programs = programs;
    this.locale = locale;
    this.port = port;
    this.running = run();
  }

  /** Returns where the newest version's programs are; empty if none is installed. */
  public static Optional<Path> programs() {
    try (Stream<Path> versions = Files.isDirectory(VERSIONS) ? Files.list(VERSIONS) : Stream.of()) {
      return versions
          .filter(version -> Files.isExecutable(version.resolve("bin/initdb")))
          .max(Comparator.comparing(version -> Integer.valueOf(version.getFileName().toString())))
          .map(version -> version.resolve("bin"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Makes a cluster in the locale that every system has, and starts it.
   *
   * @throws IOException if PostgreSQL is not installed or does not start; the message says why
   */
  public static PostgresServer start() throws IOException, InterruptedException {
    return start(BUILT_IN);
  }

  /**
   * Makes a cluster in a locale, such as {@code en_US.UTF-8}, and starts it.
   *
   * @throws IOException if PostgreSQL is not installed or does not start; the message says why
   */
  public static PostgresServer start(String locale) throws IOException, InterruptedException {
    Path programs =
        programs()
            .orElseThrow(() ->
                new IOException(
                    "%s has no PostgreSQL; install postgresql".formatted(VERSIONS)));
    Path directory =
        Files.createTempDirectory(
            Path.of("/tmp"),
            "regild-postgres-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      int port = FreePort.find();
      create(directory, programs, locale, port);
      PostgresServer server = new PostgresServer(directory, programs, locale, port);
      server.awaitAnswer();
      return server;
    } catch (ProgramException e) {
      throw new IOException("PostgreSQL does not start: " + e.getMessage(), e);
    }
  }

  private static void create(Path directory, Path programs, String locale, int port)
      throws IOException, ProgramException, InterruptedException {
    if (!locale.equals(BUILT_IN)) {
      String language = locale.substring(0, locale.indexOf('.'));
      Program.of("localedef", "-i", language, "-f", "UTF-8", directory.resolve(locale).toString())
          .run();
    }
    Path password = Files.writeString(directory.resolve("password"), PASSWORD);
    giveToNobody(directory);
    Path data = directory.resolve("data");
    Program.of(
            unprivileged(
                directory,
                locale,
                programs.resolve("initdb").toString(),
                "--pgdata=" + data,
                "--locale=" + locale,
                "--encoding=UTF8",
                "--username=" + USER,
                "--auth=scram-sha-256",
                "--pwfile=" + password,
                "--no-sync"))
        .run();
    Files.writeString(
        data.resolve("postgresql.auto.conf"),
        """
        port = %d
        listen_addresses = '127.0.0.1'
        unix_socket_directories = '%s'
        max_connections = 200
        shared_buffers = 32MB
        fsync = off
        full_page_writes = off
        autovacuum = off
        """
            .formatted(port, directory));
  }

  private Process run() throws ProgramException {
    return Program.of(
            unprivileged(
                directory, locale, "sh", "-c", RUN, "sh", directory.toString(), programs.toString()))
        .start();
  }

  private void awaitAnswer() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        connect("postgres").close();
        return;
      } catch (SQLException e) {
        if (System.nanoTime() > deadline || !running.isAlive()) {
          throw new IOException("PostgreSQL does not start: " + e.getMessage(), e);
        }
        Thread.sleep(50);
      }
    }
  }

  /** Returns the URL of one of its databases, with the password. */
  public String url(String database) {
    return "postgresql://%s:%s@127.0.0.1:%d/%s"
        .formatted(USER, PASSWORD.replace(" ", "%20"), port, database);
  }

  public int port() {
    return port;
  }

  /** Connects as its superuser. */
  public Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, database), USER, PASSWORD);
  }

  /** Runs one statement. */
  public void execute(String sql) throws SQLException {
    try (Connection connection = connect("postgres");
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Kills the server, as a crash of its machine would; {@link #startAgain} brings it back. */
  public void crash() throws IOException, InterruptedException {
    // The first line of the file is the number of the postmaster.
    String postmaster = Files.readAllLines(directory.resolve("data/postmaster.pid")).getFirst();
    ProcessHandle.of(Long.parseLong(postmaster)).ifPresent(PostgresServer::kill);
    long deadline = System.nanoTime() + START.toNanos();
    while (accepts() && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
  }

  /** With its children: one that is in the middle of a query would answer it. */
  private static void kill(ProcessHandle postmaster) {
    Stream.concat(Stream.of(postmaster), postmaster.descendants())
        .toList()
        .forEach(ProcessHandle::destroyForcibly);
  }

  private boolean accepts() {
    try {
      connect("postgres").close();
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** Starts a server that was killed. */
  public void startAgain() throws IOException, InterruptedException {
    Process ended = running;
    Path kept = directory.resolveSibling(directory.getFileName() + "-kept");
    // The one that waits would remove the directory when it ends.
    Files.move(directory, kept);
    ended.getOutputStream().close();
    ended.waitFor();
    Files.move(kept, directory);
    try {
      running = run();
    } catch (ProgramException e) {
      throw new IOException("PostgreSQL does not start: " + e.getMessage(), e);
    }
    awaitAnswer();
  }

  /** Ends the server, and removes all that it had. */
  @Override
  public void close() throws IOException {
    running.getOutputStream().close();
    try {
      running.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives a directory to the user without rights. */
  public static void giveToNobody(Path directory) throws ProgramException, InterruptedException {
    if (isRoot()) {
      Program.of("chown", "-R", NOBODY + ":" + NOBODY, directory.toString()).run();
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /**
   * Returns a command that runs another one as the user without rights.
   *
   * @param directory of its locales
   */
  public static List<String> unprivileged(Path directory, String locale, String... command) {
    List<String> all = new ArrayList<>();
    if (isRoot()) {
      all.addAll(List.of("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"));
    }
    all.addAll(List.of("env", "-C", directory.toString(), "LOCPATH=" + directory));
    all.add("LC_ALL=" + locale);
    all.addAll(List.of(command));
    return all;
  }
}
