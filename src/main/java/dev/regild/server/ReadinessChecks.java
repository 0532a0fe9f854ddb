package dev.regild.server;

import dev.regild.db.Database;
import dev.regild.server.HealthService.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a server needs to do its work: a database that it can write, and room. */
final class ReadinessChecks {
  /** Below that not even a small update has room. */
  private static final long LEAST_ROOM = 1L << 30;

  private ReadinessChecks() {}

  static List<Check> of(Database database, Path data) {
    return List.of(new WritableDatabase(database), new Room(data));
  }

  private record WritableDatabase(Database database) implements Check {
    @Override
    public String name() {
      return "database";
    }

    @Override
    public Optional<String> problem() {
      try {
        // Takes the lock that every writer takes, and changes no row.
        database.inTransaction(
            handle -> handle.execute("UPDATE quota_use SET region = region WHERE 1 = 0"));
        return Optional.empty();
      } catch (RuntimeException e) {
        return Optional.of("The database can't be written; the server's log says why.");
      }
    }
  }

  private record Room(Path data) implements Check {
    @Override
    public String name() {
      return "room";
    }

    @Override
    public Optional<String> problem() {
      try {
        long free = Files.getFileStore(data).getUsableSpace();
        return free >= LEAST_ROOM
            ? Optional.empty()
            : Optional.of(
                "Only %d MiB are free in the data directory; %d MiB are needed. Delete images, or make room."
                    .formatted(free >> 20, LEAST_ROOM >> 20));
      } catch (IOException e) {
        return Optional.of("The data directory is not there.");
      }
    }
  }
}
