package dev.regild.server.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.fixtures.TestDatabases;
import dev.regild.server.config.ByteSize;
import dev.regild.server.health.HealthService.Check;
import dev.regild.server.telemetry.AuditLog;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadinessTest {
  @TempDir Path directory;

  @Test
  void howeverManyAskThereIsOneLook() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    Readiness readiness =
        new Readiness(
            List.of(
                check(() -> {
                  looks.incrementAndGet();
                  return Optional.empty();
                })),
            Duration.ofMinutes(1));
    List<Callable<Boolean>> asking = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      asking.add(() -> readiness.verdict().ready());
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Boolean> answer : threads.invokeAll(asking)) {
        assertThat(answer.get()).isTrue();
      }
    }
    assertThat(looks).hasValue(1);
  }

  @Test
  void aVerdictThatIsOldIsLookedAtAgain() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    Readiness readiness =
        new Readiness(
            List.of(
                check(
                    () -> looks.incrementAndGet() > 1 ? Optional.of("broken") : Optional.empty())),
            Duration.ZERO);
    assertThat(readiness.verdict().ready()).isTrue();
    assertThat(readiness.verdict().results()).containsEntry("one", "broken");
  }

  @Test
  void anErrorOfACheckIsToldAtOnceAndTheNextLookIsTaken() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    Readiness readiness =
        new Readiness(
            List.of(
                check(() -> {
                  if (looks.incrementAndGet() == 1) {
                    throw new LinkageError("canary");
                  }
                  return Optional.empty();
                })),
            Duration.ZERO);
    assertThatThrownBy(readiness::verdict).hasRootCauseMessage("canary");
    assertThat(readiness.verdict().ready()).isTrue();
  }

  @Test
  void whatCannotBeWrittenIsToldAndItsRecoveryToo() throws Exception {
    try (Database database = TestDatabases.open(directory.resolve("regild.db"));
        AuditLog audit =
            AuditLog.open(
                directory, AuditLog.Limits.of(new ByteSize(1 << 20)), Clock.systemUTC())) {
      Readiness readiness =
          new Readiness(ReadinessChecks.of(database, directory, audit), Duration.ZERO);
      assertThat(readiness.verdict().results()).containsEntry("database", "UP");
      onEveryConnection(database, "PRAGMA query_only = 1");
      assertThatThrownBy(
              () -> database.useTransaction(handle -> handle.execute("DELETE FROM quota_use")))
          .hasStackTraceContaining("SQLITE_READONLY");
      assertThat(readiness.verdict().results().get("database"))
          .contains("Cannot write to the database");
      onEveryConnection(database, "PRAGMA query_only = 0");
      assertThat(readiness.verdict().results()).containsEntry("database", "UP");
    }
  }

  /** The pool has eight at most. */
  private static void onEveryConnection(Database database, String sql) {
    List<Handle> handles = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        handles.add(database.jdbi().open());
        handles.getLast().execute(sql);
      }
    } finally {
      handles.forEach(Handle::close);
    }
  }

  private static Check check(Supplier<Optional<String>> problem) {
    return new Check() {
      @Override
      public String name() {
        return "one";
      }

      @Override
      public Optional<String> problem() {
        return problem.get();
      }
    };
  }
}
