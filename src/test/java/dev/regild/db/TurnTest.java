package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class TurnTest {
  @TempDir Path data;

  @Test
  void oneNodeHasTheTurnUntilItReleasesIt() throws Exception {
    try (Database database = TestDatabases.open(data.resolve("regild.db"))) {
      assumeTrue(TestDatabases.isPostgres(), "an embedded database has one process");
      Turn first = new Turn(database, "work", Duration.ofMinutes(2));
      Turn second = new Turn(database, "work", Duration.ofMinutes(2));
      assertThat(first.take()).isTrue();
      assertThat(second.take()).isFalse();
      assertThat(first.take()).isTrue();
      assertThat(new Turn(database, "other work", Duration.ofMinutes(2)).take()).isTrue();
      first.release();
      assertThat(second.take()).isTrue();
      assertThat(first.take()).isFalse();
    }
  }

  @Test
  void aNodeThatDoesNotAskAnyMoreLosesTheTurn() throws Exception {
    try (Database database = TestDatabases.open(data.resolve("regild.db"))) {
      assumeTrue(TestDatabases.isPostgres(), "an embedded database has one process");
      Turn dead = new Turn(database, "work", Duration.ofMinutes(2));
      assertThat(dead.take()).isTrue();
      database.useTransaction(
          handle -> handle.execute("UPDATE node_turn SET held_until = held_until - 130000"));
      assertThat(new Turn(database, "work", Duration.ofMinutes(2)).take()).isTrue();
    }
  }
}
