package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.fixtures.TestDatabases;
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
    database = TestDatabases.open(elsewhere.resolve("shared.db"));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aNewDatabaseAndANewDirectoryBelongTogetherFromThenOn() throws Exception {
    new RegistryId(database, data).require(false);
    new RegistryId(database, data).require(false);
    assertThat(data.resolve("registry-id")).isNotEmptyFile();
    assertThatThrownBy(() -> new RegistryId(database, elsewhere.resolve("other")).require(false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("another data directory");
  }

  @Test
  void aNewDirectoryJoinsADatabaseWhoseLayersAreInAStore() throws Exception {
    new RegistryId(database, data).require(true);
    Path second = Files.createDirectory(elsewhere.resolve("second"));
    new RegistryId(database, second).require(true);
    assertThat(second.resolve("registry-id")).hasSameTextualContentAs(data.resolve("registry-id"));
    Path used = Files.createDirectory(elsewhere.resolve("used"));
    Files.createFile(Files.createDirectory(used.resolve("layers")).resolve("a.qcow2"));
    assertThatThrownBy(() -> new RegistryId(database, used).require(true))
        .isInstanceOf(ConfigException.class);
  }

  @Test
  void aNewDatabaseIsRefusedForTheDirectoryOfAnEmbeddedOne() throws Exception {
    Files.createFile(data.resolve("regild.db"));
    assertThatThrownBy(() -> new RegistryId(database, data).require(false))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("another database");
    assertThat(data.resolve("registry-id")).doesNotExist();
  }

  @Test
  void aNewDatabaseIsRefusedForADirectoryThatHasLayers() throws Exception {
    Files.createFile(Files.createDirectory(data.resolve("layers")).resolve("a.qcow2"));
    assertThatThrownBy(() -> new RegistryId(database, data).require(false))
        .isInstanceOf(ConfigException.class);
  }

  @Test
  void anIdThatWasNotWrittenToItsEndCountsForNothing() throws Exception {
    Files.createFile(data.resolve("registry-id"));
    new RegistryId(database, data).require(false);
    assertThat(data.resolve("registry-id")).isNotEmptyFile();
  }

  @Test
  void theEmbeddedDatabaseIsRefusedForADirectoryWhoseRegistryIsInAPostgres() throws Exception {
    RegistryId.requireNone(data);
    new RegistryId(database, data).require(false);
    assertThatThrownBy(() -> RegistryId.requireNone(data))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("set database");
  }
}
