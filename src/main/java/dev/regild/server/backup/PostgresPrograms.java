package dev.regild.server.backup;

import dev.regild.db.PostgresAddress;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** PostgreSQL's own programs for backups, which must not be older than the server. */
final class PostgresPrograms {
  private static final Duration LIMIT = Duration.ofHours(12);

  private static final Map<String, String> VARIABLES =
      Map.of(
          "sslmode", "PGSSLMODE",
          "sslrootcert", "PGSSLROOTCERT",
          "sslcert", "PGSSLCERT",
          "sslkey", "PGSSLKEY");

  private final PostgresAddress address;

  PostgresPrograms(PostgresAddress address) {
    this.address = address;
  }

  /** Dumps the state that a transaction has exported. */
  void dump(String snapshot, Path to) throws BackupException, InterruptedException {
    run(
        List.of(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--no-password",
            "--snapshot=" + snapshot,
            "--file=" + to));
  }

  /** Restores a dump in one transaction. */
  void restore(Path dump) throws BackupException, InterruptedException {
    run(
        List.of(
            "pg_restore",
            "--exit-on-error",
            "--single-transaction",
            "--no-owner",
            "--no-privileges",
            "--no-password",
            "--dbname=" + address.database(),
            dump.toString()));
  }

  /** Returns the host as libpq takes it: an IPv6 address without the brackets of a URL. */
  static String host(PostgresAddress address) {
    String host = address.host();
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  private void run(List<String> command) throws BackupException, InterruptedException {
    List<String> all = new ArrayList<>(command);
    all.addAll(1, List.of("--host=" + host(address), "--port=" + address.port()));
    address.user().ifPresent(user -> all.add(1, "--username=" + user));
    Program program = Program.of(all).within(LIMIT).with("PGDATABASE", address.database());
    Optional<String> password = address.password();
    if (password.isPresent()) {
      program = program.with("PGPASSWORD", password.get());
    }
    for (Map.Entry<String, String> each : address.encryption().entrySet()) {
      String variable = VARIABLES.get(each.getKey());
      if (variable != null) {
        program = program.with(variable, each.getValue());
      }
    }
    try {
      var _ = program.run();
    } catch (ProgramException e) {
      throw new BackupException(
          "%s for %s: %s. Install the postgresql-client of the server's version, and check the database."
              .formatted(command.getFirst(), address, e.getMessage()),
          e);
    }
  }
}
