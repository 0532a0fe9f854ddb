package dev.regild.cli.doctor;

import dev.regild.db.SchemaState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether this version can use the database in the data directory: after an upgrade, or after a
 * return to an earlier version. Changes nothing in it.
 */
record OwnDatabaseCheck(Path file) {
  private static final String DATABASE = "database";

  /** Finds nothing where there is no such database. */
  void run(Checkup checks) {
    if (!Files.isRegularFile(file)) {
      return;
    }
    try {
      SchemaState state = SchemaState.of(file);
      if (state.isNewer()) {
        checks.problem(
            DATABASE,
            "A newer version of Regild has used %s. Install that version again, or restore a backup from before the upgrade."
                .formatted(file));
      } else {
        checks.found(
            DATABASE,
            "ok",
            state.isOlder()
                ? "of an earlier version; the server's next start upgrades it"
                : "of this version");
      }
    } catch (IOException e) {
      checks.problem(DATABASE, String.valueOf(e.getMessage()));
    }
  }
}
