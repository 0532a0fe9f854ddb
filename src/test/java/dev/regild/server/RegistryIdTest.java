package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.server.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server removes the layers that its database does not know: with the wrong one, all of them. */
class RegistryIdTest {
  @TempDir Path data;
  @TempDir Path elsewhere;
  private Database database;

  @BeforeEach
  void open() throws Exception {
    database = Database.open(elsewhere.resolve("shared.db"));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aNewDatabaseAndANewDirectoryBelongTogetherFromThenOn() throws Exception {
    new RegistryId(database, data).require();
    new RegistryId(database, data).require();
    assertThat(data.resolve("registry-id")).isNotEmptyFile();
    assertThatThrownBy(() -> new RegistryId(database, elsewhere.resolve("other")).require())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("another database");
  }

  @Test
  void aNewDatabaseIsRefusedForTheDirectoryOfAnEmbeddedOne() throws Exception {
    Files.createFile(data.resolve("regild.db"));
    assertThatThrownBy(() -> new RegistryId(database, data).require())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("another database");
    assertThat(data.resolve("registry-id")).doesNotExist();
  }

  @Test
  void aNewDatabaseIsRefusedForADirectoryThatHasLayers() throws Exception {
    Files.createFile(Files.createDirectory(data.resolve("layers")).resolve("a.qcow2"));
    assertThatThrownBy(() -> new RegistryId(database, data).require())
        .isInstanceOf(ConfigException.class);
  }

  @Test
  void anIdThatWasNotWrittenToItsEndCountsForNothing() throws Exception {
    Files.createFile(data.resolve("registry-id"));
    new RegistryId(database, data).require();
    assertThat(data.resolve("registry-id")).isNotEmptyFile();
  }

  @Test
  void theEmbeddedDatabaseIsRefusedForADirectoryWhoseRegistryIsInAPostgres() throws Exception {
    RegistryId.requireNone(data);
    new RegistryId(database, data).require();
    assertThatThrownBy(() -> RegistryId.requireNone(data))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("set database");
  }
}
