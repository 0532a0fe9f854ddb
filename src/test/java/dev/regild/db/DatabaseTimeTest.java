package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTimeTest {
  @TempDir Path directory;

  @Test
  void sqliteTellsTheTime() throws Exception {
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      assertThat(database.<Instant, RuntimeException>read(DatabaseTime::now))
          .isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
    }
  }

  @Test
  void aTimeIsReadAsEitherDatabaseWritesIt() {
    assertThat(DatabaseTime.parse("2026-11-30 09:16:00")).isEqualTo("2026-11-30T09:16:00Z");
    assertThat(DatabaseTime.parse("2026-11-30 09:16:00.123456+00"))
        .isEqualTo("2026-11-30T09:16:00.123456Z");
    assertThat(DatabaseTime.parse("2026-11-30 14:46:00.5+05:30"))
        .isEqualTo("2026-11-30T09:16:00.5Z");
  }
}
