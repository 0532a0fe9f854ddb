package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import dev.regild.fixtures.PgBouncer;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.TestDatabases;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.ds.PGSimpleDataSource;

/** Clients of a pgbouncer that gives them the same two connections, a transaction at a time. */
class PoolerIT {
  private static final int TIMES = 60;

  private static PostgresCluster cluster;

  @RegisterExtension
  static final BeforeAllCallback CLUSTER = context -> cluster = TestDatabases.cluster(context);

  @Test
  void twoClientsThatCountAreRightAndSoIsTheScheduler() throws Exception {
    cluster.execute("CREATE DATABASE pooled");
    try (PgBouncer bouncer = PgBouncer.start(cluster)) {
      PostgresAddress address = cluster.address("pooled", bouncer.port());
      AtomicInteger ran = new AtomicInteger();
      OneTimeTask<Void> task =
          Tasks.oneTime("count", Void.class).execute((_, _) -> ran.incrementAndGet());
      try (Database one = Database.open(address);
          Database two = Database.open(address)) {
        Scheduler scheduler =
            Scheduler.create(one.dataSource(), task)
                .pollingInterval(Duration.ofMillis(100))
                .threads(2)
                .build();
        scheduler.start();
        countTogether(() -> count(one, "one"), () -> count(two, "two"));
        for (int i = 0; i < 20; i++) {
          scheduler.scheduleIfNotExists(task.instance("job-" + i), Instant.now());
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (ran.get() < 20 && System.nanoTime() < deadline) {
          Thread.sleep(50);
        }
        scheduler.stop();
        assertThat(ran).hasValue(20);
        assertThat(counted(one, "one")).isEqualTo(TIMES);
        assertThat(counted(one, "two")).isEqualTo(TIMES);
      }
      // That is not so with what the driver does by default: this is what the test can see.
      boolean right = true;
      // On a busy machine, the clients may happen to run one after the other.
      for (int i = 0; right && i < 10; i++) {
        right = defaultsCountRight(address);
      }
      assertThat(right).isFalse();
    } finally {
      cluster.execute("DROP DATABASE pooled WITH (FORCE)");
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void countTogether(Work one, Work two) throws Exception {
    try (var threads = Executors.newFixedThreadPool(2)) {
      List<Future<Object>> both =
          threads.invokeAll(
              List.of(
                  () -> {
                    one.run();
                    return true;
                  },
                  () -> {
                    two.run();
                    return true;
                  }));
      for (Future<Object> each : both) {
        each.get();
      }
    }
  }

  private static void count(Database database, String name) {
    database.useTransaction(handle ->
        handle.execute("INSERT INTO quota_use (account_id, region) VALUES (?, 'r')", name));
    for (int i = 0; i < TIMES; i++) {
      database.useTransaction(handle ->
          handle.execute("UPDATE quota_use SET images = images + 1 WHERE account_id = ?", name));
    }
  }

  private static long counted(Database database, String name) {
    return database.read(handle ->
        handle
            .createQuery("SELECT images FROM quota_use WHERE account_id = ?")
            .bind(0, name)
            .mapTo(Long.class)
            .one());
  }

  private static boolean defaultsCountRight(PostgresAddress address) throws Exception {
    PGSimpleDataSource defaults = address.source();
    try (Connection one = defaults.getConnection();
        Connection two = defaults.getConnection();
        var statement = one.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS one, two");
      statement.execute("CREATE TABLE one (n int); INSERT INTO one VALUES (0)");
      statement.execute("CREATE TABLE two (n int); INSERT INTO two VALUES (0)");
      try {
        countTogether(() -> countPlainly(one, "one"), () -> countPlainly(two, "two"));
      } catch (ExecutionException e) {
        return false;
      }
      try (var rows = statement.executeQuery("SELECT one.n, two.n FROM one, two")) {
        rows.next();
        return rows.getInt(1) == TIMES && rows.getInt(2) == TIMES;
      }
    }
  }

  private static void countPlainly(Connection connection, String table) throws SQLException {
    try (var update = connection.prepareStatement("UPDATE " + table + " SET n = n + ?")) {
      for (int i = 0; i < TIMES; i++) {
        update.setInt(1, 1);
        update.executeUpdate();
      }
    }
  }
}
