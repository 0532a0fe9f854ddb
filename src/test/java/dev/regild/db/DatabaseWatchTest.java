package dev.regild.db;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who looks at the database while somebody waits, and that nobody does otherwise. */
@EachDatabase
class DatabaseWatchTest {
  private static final int LIMIT = 120;

  private final Semaphore looks = new Semaphore(0);
  private final AtomicBoolean waiting = new AtomicBoolean(true);
  private final AtomicBoolean failing = new AtomicBoolean();
  private Database database;
  private DatabaseWatch watch;

  @BeforeEach
  void open(@TempDir Path directory) throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    watch = new DatabaseWatch("test", database, waiting::get, this::look);
  }

  @AfterEach
  void close() {
    watch.close();
    database.close();
  }

  private void look() {
    looks.release();
    if (failing.getAndSet(false)) {
      throw new IllegalStateException("as the test wants it");
    }
  }

  private boolean looked() throws InterruptedException {
    return looks.tryAcquire(LIMIT, SECONDS);
  }

  @Test
  void itLooksWhenSomebodyBeginsToWaitAndAfterEachCommit() throws Exception {
    watch.begin();
    assertThat(looked()).isTrue();
    database.useTransaction(handle -> handle.execute("UPDATE image SET state = state"));
    assertThat(looked()).isTrue();
    watch.begin();
    assertThat(looked()).as("for the one who came later").isTrue();
  }

  @Test
  void whatOthersCommitIsSeenSoon() throws Exception {
    watch.begin();
    assertThat(looked()).isTrue();
    assertThat(looked()).as("without a commit of this process").isTrue();
  }

  @Test
  void aLookThatFailsIsRepeated() throws Exception {
    failing.set(true);
    watch.begin();
    assertThat(looked()).isTrue();
    assertThat(looked()).isTrue();
  }

  @Test
  void nobodyLooksWhileNobodyWaits() throws Exception {
    waiting.set(false);
    watch.begin();
    assertThat(looks.tryAcquire(600, MILLISECONDS)).isFalse();
    waiting.set(true);
    watch.begin();
    assertThat(looked()).isTrue();
    watch.close();
    Thread.sleep(300);
    looks.drainPermits();
    database.useTransaction(handle -> handle.execute("UPDATE image SET state = state"));
    assertThat(looks.tryAcquire(600, MILLISECONDS)).isFalse();
  }
}
