package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which jobs are due again, and when. */
@EachDatabase
class DeadExecutionsTest {
  private static final Duration LEASE = Duration.ofSeconds(40);

  @TempDir Path directory;
  private Database database;
  private DeadExecutions dead;

  /** Of a clock that only goes on when the test says so, by less than a node is late. */
  private long nanos;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    dead = new DeadExecutions(database, LEASE, Duration.ofSeconds(20), () -> nanos);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void jobsOfANodeWhoseHeartStoppedAreDueAtOnceAndItsLeaseIsLost() {
    insert("old", "elsewhere", LEASE.plusSeconds(1));
    insert("young", "elsewhere", LEASE.minusSeconds(5));
    settle();
    assertThat(dead.revive()).isTrue();
    assertThat(picked("old")).isFalse();
    assertThat(picked("young")).isTrue();
    assertThatThrownBy(() ->
            database.useTransaction(
                handle -> new Lease("update", "old", 7, "elsewhere").require(handle)))
        .isInstanceOf(LostLeaseException.class);
    assertThat(due("old")).isBeforeOrEqualTo(Instant.now().plusSeconds(1));
    assertThat(dead.revive()).isFalse();
  }

  /** All heartbeats are old when the database comes back, and no node is dead for that. */
  @Test
  void aNodeThatHasJustReachedTheDatabaseWaitsForTheOthersHeartbeats() {
    insert("old", "elsewhere", LEASE.plusSeconds(1));
    assertThat(dead.revive()).isFalse();
    pass(Duration.ofSeconds(2), 9);
    assertThat(picked("old")).isTrue();
    pass(Duration.ofSeconds(2), 1);
    assertThat(picked("old")).isFalse();
  }

  @Test
  void aNodeThatWasFrozenWaitsAgain() {
    settle();
    insert("old", "elsewhere", LEASE.plusSeconds(1));
    pass(Duration.ofSeconds(60), 1);
    pass(Duration.ofSeconds(2), 9);
    assertThat(picked("old")).isTrue();
    pass(Duration.ofSeconds(2), 1);
    assertThat(picked("old")).isFalse();
  }

  private void settle() {
    assertThat(dead.revive()).isFalse();
    pass(Duration.ofSeconds(2), 9);
    nanos += Duration.ofSeconds(2).toNanos();
  }

  /** Looks after each of these times. */
  private void pass(Duration each, int times) {
    for (int i = 0; i < times; i++) {
      nanos += each.toNanos();
      var _ = dead.revive();
    }
  }

  private void insert(String id, String node, Duration sinceHeartbeat) {
    Instant heartbeat = database.clock().instant().minus(sinceHeartbeat);
    database.useTransaction(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO scheduled_tasks
                  (task_name, task_instance, execution_time, picked, picked_by, last_heartbeat, version)
                VALUES ('update', :id, :heartbeat, TRUE, :node, :heartbeat, 7)
                """)
            .bind("id", id)
            .bind("node", node)
            .bind("heartbeat", heartbeat)
            .execute());
  }

  private boolean picked(String id) {
    return database.read(handle ->
        handle
            .createQuery("SELECT picked FROM scheduled_tasks WHERE task_instance = :id")
            .bind("id", id)
            .mapTo(Boolean.class)
            .one());
  }

  private Instant due(String id) {
    return database.read(handle ->
        handle
            .createQuery("SELECT execution_time FROM scheduled_tasks WHERE task_instance = :id")
            .bind("id", id)
            .map((row, _) -> row.getTimestamp(1).toInstant())
            .one());
  }
}
