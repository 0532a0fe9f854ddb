package dev.regild.server.health;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.regild.db.Database;
import dev.regild.server.health.HealthService.Check;
import dev.regild.server.telemetry.AuditLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What a server needs to do its work: a database and a directory that it can write, and room. */
public final class ReadinessChecks {
  /** Below that not even a small update has room. */
  private static final long LEAST_ROOM = 1L << 30;

  private ReadinessChecks() {}

  public static List<Check> of(Database database, Path data, AuditLog audit) {
    return List.of(
        new WritableDatabase(database),
        new WritableDirectory(data.resolve("probe")),
        new Room(data),
        new Audit(audit));
  }

  /**
   * Whoever asks must not hold up those who write: the database is read, and the outcome of the
   * last transaction of anybody says whether it can be written. Only after one has failed is
   * another one tried, and never while somebody writes.
   */
  private record WritableDatabase(Database database) implements Check {
    /** Shorter than the limit of all checks together. */
    private static final Duration LONGEST = Duration.ofMillis(1500);

    @Override
    public String name() {
      return "database";
    }

    @Override
    public Optional<String> problem() {
      CompletableFuture<Optional<String>> look = new CompletableFuture<>();
      Thread.ofVirtual().name("readiness-database").start(() -> look.complete(looked()));
      return look.completeOnTimeout(
              Optional.of("The database does not answer; see the server's log."),
              LONGEST.toMillis(),
              TimeUnit.MILLISECONDS)
          .join();
    }

    private Optional<String> looked() {
      try {
        database.read(handle ->
            handle
                .createQuery("SELECT count(*) FROM quota_use WHERE 1 = 0")
                .mapTo(int.class)
                .one());
        if (database.writeProblem().isPresent()) {
          database.retryWriting();
        }
        return database
            .writeProblem()
            .map(_ -> "Cannot write to the database; see the server's log.");
      } catch (RuntimeException e) {
        return Optional.of("Cannot read the database; see the server's log.");
      }
    }
  }

  /** Writes a small file through to the disk, now and then: each time costs the disk a flush. */
  private static final class WritableDirectory implements Check {
    private static final Duration EVERY = Duration.ofSeconds(10);

    private final Path probe;
    private long next = System.nanoTime();
    private Optional<String> last = Optional.empty();

    WritableDirectory(Path probe) {
      this.probe = probe;
    }

    @Override
    public String name() {
      return "data";
    }

    @Override
    public synchronized Optional<String> problem() {
      if (System.nanoTime() - next >= 0 || last.isPresent()) {
        next = System.nanoTime() + EVERY.toNanos();
        last = write();
      }
      return last;
    }

    private Optional<String> write() {
      try (FileChannel file = FileChannel.open(probe, Set.of(CREATE, WRITE, TRUNCATE_EXISTING))) {
        file.write(ByteBuffer.allocate(4096));
        file.force(false);
        return Optional.empty();
      } catch (IOException e) {
        return Optional.of(
            "Cannot write to the data directory: %s.".formatted(e.getClass().getSimpleName()));
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
                "Only %d MiB are free in the data directory; %d MiB are needed. Delete images or free some space."
                    .formatted(free >> 20, LEAST_ROOM >> 20));
      } catch (IOException e) {
        return Optional.of("The data directory does not exist.");
      }
    }
  }

  private record Audit(AuditLog audit) implements Check {
    @Override
    public String name() {
      return "audit";
    }

    @Override
    public Optional<String> problem() {
      return audit.problem().map(_ -> "Cannot write the audit log; see the server's log.");
    }
  }
}
