package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What is only so on a PostgreSQL that several nodes share. */
class PostgresIT {
  private static final AtomicInteger MADE = new AtomicInteger();

  private static PostgresCluster cluster;

  @RegisterExtension
  static final BeforeAllCallback CLUSTER = context -> cluster = TestDatabases.cluster(context);

  @Test
  void nodesThatMakeTheTablesAtOnceDoNotDisturbEachOther() throws Exception {
    PostgresAddress address = newDatabase("");
    try (var threads = Executors.newFixedThreadPool(3)) {
      List<Future<Database>> opened =
          threads.invokeAll(
              List.of(
                  () -> Database.open(address),
                  () -> Database.open(address),
                  () -> Database.open(address)));
      for (Future<Database> each : opened) {
        try (Database database = each.get()) {
          assertThat(count(database)).isZero();
        }
      }
    }
  }

  /** Each reads what the others write, and writes something that they read. */
  @Test
  void whatATransactionHasReadStaysTrueUntilItCommitsOnEveryNode() throws Exception {
    PostgresAddress address = withTables();
    try (Database one = Database.open(address);
        Database two = Database.open(address);
        Database three = Database.open(address);
        var threads = Executors.newFixedThreadPool(3)) {
      List<Future<?>> nodes =
          List.of(one, two, three).stream()
              .<Future<?>>map(node ->
                  threads.submit(() -> {
                    for (int i = 0; i < 40; i++) {
                      insertNext(node);
                    }
                  }))
              .toList();
      for (Future<?> node : nodes) {
        node.get();
      }
      assertThat(count(one)).isEqualTo(120);
    }
  }

  @Test
  void everyTextIsComparedByCodePoint() throws Exception {
    try (Database database = Database.open(newDatabase(""))) {
      assertThat(
              database.<List<String>, RuntimeException>read(handle ->
                  handle
                      .createQuery(
                          """
                          SELECT table_name || '.' || column_name FROM information_schema.columns
                           WHERE table_schema = 'public' AND data_type = 'text'
                             AND collation_name IS DISTINCT FROM 'C'
                          """)
                      .mapTo(String.class)
                      .list()))
          .isEmpty();
    }
  }

  @Test
  void anOutageIsToldToWhoAsksAndPasses() throws Exception {
    try (Database database = Database.open(withTables())) {
      database.useTransaction(PostgresIT::insertNext);
      cluster.crash();
      try {
        assertThatThrownBy(() -> count(database)).isInstanceOf(DatabaseUnavailableException.class);
        assertThatThrownBy(() -> insertNext(database))
            .isInstanceOf(DatabaseUnavailableException.class)
            .hasMessageNotContaining(cluster.password());
        assertThat(database.writeProblem()).isPresent();
      } finally {
        cluster.startAgain();
      }
      // Nobody asks again within the first second of an outage.
      Thread.sleep(1_100);
      assertThat(count(database)).isEqualTo(1);
      database.retryWriting();
      assertThat(database.writeProblem()).isEmpty();
    }
  }

  @Test
  void aDatabaseThatIsNotThereYetIsWaitedForAndToldOnce() throws Exception {
    PostgresAddress address = withTables();
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    cluster.crash();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Database> waiting = threads.submit(() -> Database.await(address, told::add));
      assertThat(told.poll(20, TimeUnit.SECONDS))
          .contains(address.toString(), "can't be reached")
          .doesNotContain(cluster.password());
      Thread.sleep(1_500);
      assertThat(waiting).isNotDone();
      cluster.startAgain();
      try (Database database = waiting.get(60, TimeUnit.SECONDS)) {
        assertThat(count(database)).isZero();
      }
      assertThat(told).isEmpty();
    }
  }

  @Test
  void aWrongPasswordIsNoReasonToWait() throws Exception {
    PostgresAddress right = newDatabase("");
    PostgresAddress wrong =
        new PostgresAddress(
            right.host(),
            right.port(),
            right.database(),
            right.user(),
            Optional.of("canary-of-a-password"),
            Map.of());
    assertThatIllegalStateException()
        .isThrownBy(() -> Database.open(wrong))
        .withMessageContaining("password authentication failed")
        .withMessageContaining(right.toString())
        .withMessageNotContaining("canary");
  }

  @Test
  void aPasswordCanStandInTheFileOfPasswords(@TempDir Path directory) throws Exception {
    PostgresAddress address = withTables();
    Path file =
        Files.writeString(
            directory.resolve("pgpass"),
            "127.0.0.1:%d:*:regild:%s\n".formatted(address.port(), cluster.password()));
    System.setProperty("org.postgresql.pgpassfile", file.toString());
    try (Database database =
        Database.open(
            new PostgresAddress(
                address.host(),
                address.port(),
                address.database(),
                address.user(),
                Optional.empty(),
                Map.of()))) {
      assertThat(count(database)).isZero();
    } finally {
      System.clearProperty("org.postgresql.pgpassfile");
    }
  }

  @Test
  void aDatabaseWithAnotherEncodingIsRefused() throws Exception {
    PostgresAddress latin = newDatabase("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
    assertThatIllegalStateException()
        .isThrownBy(() -> Database.open(latin))
        .withMessageContaining("LATIN1")
        .withMessageContaining("ENCODING 'UTF8'");
  }

  @Test
  void aDatabaseOfANewerVersionIsRefusedIfThisOneCannotWorkWithIt() throws Exception {
    PostgresAddress address = withTables();
    try (Database database = Database.open(address)) {
      database.useTransaction(handle ->
          handle.execute(
              """
              INSERT INTO flyway_schema_history (
                installed_rank, version, description, type, script, installed_by, execution_time,
                success)
              VALUES (10000, '999', 'newer', 'SQL', 'V999__newer.sql', 'a newer node', 1, TRUE)
              """));
    }
    try (Database beside = Database.open(address)) {
      assertThat(count(beside)).isZero();
      beside.useTransaction(handle -> handle.execute("UPDATE schema_floor SET version = 999"));
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> Database.open(address))
        .withMessageContaining("999");
  }

  /** A guest may write any byte where its owner reads why a job failed. */
  @Test
  void aTextThatPostgresCannotKeepIsKeptAsNearAsCanBe() throws Exception {
    try (Database database = Database.open(withTables())) {
      database.useTransaction(handle ->
          handle
              .createUpdate("INSERT INTO quota_use (account_id, region) VALUES (:text, 'r')")
              .bind("text", "a\0b\uD800c\uD83D\uDE00")
              .execute());
      assertThat(
              database.<String, RuntimeException>read(handle ->
                  handle.createQuery("SELECT account_id FROM quota_use").mapTo(String.class).one()))
          .isEqualTo("a\uFFFDb?c\uD83D\uDE00");
    }
  }

  private static PostgresAddress withTables() throws Exception {
    return cluster.address(
        TestDatabases.copyOfTemplate(cluster, "with_tables_" + MADE.incrementAndGet()));
  }

  private static PostgresAddress newDatabase(String options) throws Exception {
    String name = "made_" + MADE.incrementAndGet();
    cluster.execute("CREATE DATABASE %s %s".formatted(name, options));
    return cluster.address(name);
  }

  private static void insertNext(Database database) {
    database.useTransaction(PostgresIT::insertNext);
  }

  /** No key tells two that have read the same count from each other. */
  private static void insertNext(Handle handle) {
    handle.execute(
        "INSERT INTO quota_use (account_id, region, images) VALUES (?, 'r', ?)",
        UUID.randomUUID().toString(),
        handle.createQuery("SELECT COUNT(*) FROM quota_use").mapTo(Long.class).one());
  }

  private static long count(Database database) {
    return database.read(handle ->
        handle.createQuery("SELECT COUNT(DISTINCT images) FROM quota_use").mapTo(Long.class).one());
  }
}
