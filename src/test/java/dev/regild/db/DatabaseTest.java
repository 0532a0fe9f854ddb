package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.SmallFileSystem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Executors;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
  private static final String GUARD = "INSERT INTO quota_use (account_id, region) VALUES (?, 'r')";

  @TempDir Path directory;

  @Test
  void aNewDatabaseIsEmpty() throws IOException {
    try (Database database = open()) {
      assertThat(count(database)).isZero();
    }
  }

  @Test
  void onlyItsOwnerCanReadItsFiles() throws IOException {
    try (Database database = open()) {
      database.useTransaction(handle -> handle.execute(GUARD, "1"));
      try (var files = Files.list(directory)) {
        assertThat(files)
            .hasSizeGreaterThan(1)
            .allSatisfy(file ->
                assertThat(Files.getPosixFilePermissions(file))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------")));
      }
    }
  }

  @Test
  void everyCommitWaitsForTheDiskAndForeignKeysHold() throws IOException {
    try (Database database = open()) {
      assertThat(pragma(database, "journal_mode")).isEqualTo("wal");
      assertThat(pragma(database, "synchronous")).isEqualTo("2");
      assertThat(pragma(database, "foreign_keys")).isEqualTo("1");
      assertThat(pragma(database, "busy_timeout")).isEqualTo("10000");
    }
  }

  @Test
  void aFullDiskIsAProblemUntilThereIsRoomAgain() throws Exception {
    Path small = directory.resolve("small");
    try (SmallFileSystem _ = SmallFileSystem.mount(small, "8m");
        Database database = Database.open(small.resolve("regild.db"))) {
      // The log of writes begins at nothing, so the next write needs room.
      database.read(handle -> handle.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
      Path filler = small.resolve("filler");
      fill(filler);
      assertThatThrownBy(() -> database.useTransaction(handle -> handle.execute(GUARD, "1")))
          .hasStackTraceContaining("SQLITE_FULL");
      for (int i = 0; i < 3; i++) {
        database.retryWriting();
        assertThat(database.writeProblem()).isPresent();
      }
      Files.delete(filler);
      database.retryWriting();
      assertThat(database.writeProblem()).isEmpty();
      assertThat(count(database)).isZero();
    }
  }

  private static void fill(Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      byte[] page = new byte[4096];
      while (true) {
        out.write(page);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  @Test
  void aTransactionThatFailsLeavesNothing() throws IOException {
    try (Database database = open()) {
      assertThatThrownBy(() ->
              database.useTransaction(handle -> {
                handle.execute(GUARD, "1");
                throw new IOException("no");
              }))
          .isInstanceOf(IOException.class);
      assertThat(count(database)).isZero();
    }
  }

  @Test
  void aTransactionInsideAnotherIsRefusedInsteadOfWaitingForItself() throws IOException {
    try (Database database = open()) {
      assertThatIllegalStateException()
          .isThrownBy(() -> database.useTransaction(_ -> database.useTransaction(_ -> {})))
          .withMessageContaining("inside a transaction");
    }
  }

  @Test
  void whatATransactionHasReadStaysTrueUntilItCommits() throws Exception {
    try (Database database = open()) {
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 200; i++) {
          threads.execute(() -> insertNext(database));
        }
      }
      assertThat(count(database)).isEqualTo(200);
    }
  }

  @Test
  void twoProcessesWriteWithoutLosingAnything() throws Exception {
    // Two pools on one file stand for two processes: they share no lock but SQLite's own.
    try (Database one = open();
        Database other = open()) {
      try (var threads = Executors.newFixedThreadPool(2)) {
        for (Database database : List.of(one, other)) {
          threads.execute(() -> {
            for (int i = 0; i < 50; i++) {
              insertNext(database);
            }
          });
        }
      }
      assertThat(count(one)).isEqualTo(100);
    }
  }

  @Test
  void whatWasCommittedIsThereAfterACrash() throws IOException {
    Path crashed = Files.createDirectory(directory.resolve("crashed"));
    try (Database database = open()) {
      database.useTransaction(handle -> handle.execute(GUARD, "1"));
      database.read(handle -> {
        handle.begin();
        handle.execute(GUARD, "2");
        // The files as they lie on the disk while a transaction is open.
        for (String file : new String[] {"regild.db", "regild.db-wal"}) {
          Files.copy(directory.resolve(file), crashed.resolve(file));
        }
        return handle.rollback();
      });
    }
    try (Database database = Database.open(crashed.resolve("regild.db"))) {
      assertThat(count(database)).isEqualTo(1);
      assertThat(pragma(database, "integrity_check")).isEqualTo("ok");
    }
  }

  @Test
  void aDatabaseOfANewerVersionIsRefused() throws IOException {
    try (Database database = open()) {
      database.useTransaction(handle -> {
        handle.execute("UPDATE flyway_schema_history SET version = '999' WHERE version = '1'");
        // The checksum of other migrations.
        handle.execute("PRAGMA user_version = 1");
      });
    }
    assertThatIllegalStateException()
        .isThrownBy(this::open)
        .withMessageContaining("regild.db")
        .withMessageContaining("999");
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedAndLeftAsItIs() throws IOException {
    Path file = directory.resolve("regild.db");
    Files.writeString(file, "This is a letter, not a database.".repeat(100));
    assertThatIllegalStateException().isThrownBy(this::open).withMessageContaining("regild.db");
    assertThat(file).hasContent("This is a letter, not a database.".repeat(100));
  }

  private Database open() throws IOException {
    return Database.open(directory.resolve("regild.db"));
  }

  /** Fails if another transaction has read the same count. */
  private static void insertNext(Database database) {
    database.useTransaction(handle -> handle.execute(GUARD, Long.toString(count(handle))));
  }

  private static long count(Database database) {
    return database.read(DatabaseTest::count);
  }

  private static long count(Handle handle) {
    return handle.createQuery("SELECT COUNT(*) FROM quota_use").mapTo(Long.class).one();
  }

  private static String pragma(Database database, String name) {
    return database.read(handle -> handle.createQuery("PRAGMA " + name).mapTo(String.class).one());
  }
}
