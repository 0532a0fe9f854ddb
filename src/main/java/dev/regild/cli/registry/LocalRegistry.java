package dev.regild.cli.registry;

import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.account.SigningKeys;
import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.db.PostgresAddress;
import dev.regild.files.PrivateDirectory;
import dev.regild.server.RegistryId;
import dev.regild.server.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The option of commands that work on a server's registry itself, beside the running server. */
public final class LocalRegistry {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "${env:REGILD_DATA:-/var/lib/regild}",
      description = "The server's data directory. Default: REGILD_DATA, else /var/lib/regild.")
  public Path data = Path.of("/var/lib/regild");

  @Option(
      names = "--database",
      paramLabel = "URL",
      defaultValue = "${env:REGILD_DATABASE:-}",
      description =
          "The URL of the server's PostgreSQL. Default: REGILD_DATABASE, else the database in the"
              + " data directory.")
  public String url = "";

  /** The registry while a command works on it. */
  public record Opened(Database database, Accounts accounts, SigningKeys signingKeys)
      implements AutoCloseable {
    @Override
    public void close() {
      database.close();
    }
  }

  /** Returns the data directory if the command line names it, or else null. */
  public @Nullable Path named(CommandSpec command) {
    return command.commandLine().getParseResult().hasMatchedOption("--data") ? data : null;
  }

  /** Opens the registry for one change of its accounts. */
  void change(Consumer<Accounts> change) throws IOException {
    try (Opened opened = open()) {
      change.accept(opened.accounts());
    }
  }

  /**
   * Refuses a data directory of another user: what a command writes there, the server couldn't
   * read.
   */
  public void requireOwner() throws IOException {
    requireOwner(data);
  }

  /**
   * Whether the data directory is there, and our user's; what is made in it is the server's then.
   */
  public boolean isOurs() {
    try {
      requireOwner(data);
      return Files.isDirectory(data);
    } catch (IOException absentOrAnothers) {
      return false;
    }
  }

  /**
   * Checks that the data directory is there, and our user's.
   *
   * @throws IOException if not
   */
  public static void requireOwner(Path data) throws IOException {
    if (Files.notExists(data)) {
      throw new IOException(
          "The data directory %s does not exist. Name the server's with --data DIR."
              .formatted(data));
    }
    PrivateDirectory.requireOurs(
        data, "Run this command as the server's user: sudo -u USER regild …");
  }

  /**
   * Opens what a server has made; makes nothing itself.
   *
   * @throws IOException if no server has worked on the directory yet, or its files can't be read
   */
  public Opened open() throws IOException {
    return open(postgres());
  }

  /** Opens the registry that the server's configuration names, like {@link #open()}. */
  public static Opened open(Config config) throws IOException {
    LocalRegistry registry = new LocalRegistry();
    registry.data = config.data();
    return registry.open(config.database());
  }

  private Opened open(Optional<PostgresAddress> postgres) throws IOException {
    requireRegistry(postgres);
    MasterKey masterKey =
        MasterKey.loadExisting(
            data.resolve("master.key"),
            Optional.ofNullable(System.getenv(MasterKey.ENVIRONMENT_VARIABLE)));
    Database database = connect(postgres);
    try {
      return new Opened(
          database,
          new Accounts(database, masterKey, Clock.systemUTC()),
          new SigningKeys(database, masterKey, Clock.systemUTC()));
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** Opens the database alone, for what needs no master key. */
  Database openDatabase() throws IOException {
    Optional<PostgresAddress> postgres = postgres();
    requireRegistry(postgres);
    return connect(postgres);
  }

  private void requireRegistry(Optional<PostgresAddress> postgres) throws IOException {
    if (postgres.isEmpty() && RegistryId.isIn(data)) {
      throw new IOException(
          "The registry of %s is in PostgreSQL. Name the database with --database URL or REGILD_DATABASE."
              .formatted(data));
    }
    if (postgres.isEmpty() && !Files.isRegularFile(file())) {
      throw new IOException(
          "%s contains no registry. Name the data directory of a server that has been started before: --data DIR"
              .formatted(data));
    }
    requireOwner();
  }

  private Path file() {
    return data.resolve("regild.db");
  }

  private Database connect(Optional<PostgresAddress> postgres) throws IOException {
    return postgres.isEmpty() ? Database.open(file()) : connect(postgres.get());
  }

  /** The PostgreSQL that a flag or the environment names. */
  private Optional<PostgresAddress> postgres() throws IOException {
    if (url.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        PostgresAddress.parse(url, System.getenv())
            .orElseThrow(() -> new IOException("--database must be " + PostgresAddress.FORM)));
  }

  private static Database connect(PostgresAddress address) throws IOException {
    try {
      return Database.open(address);
    } catch (DatabaseUnavailableException | IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
