package dev.regild.server.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.db.SchemaState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server of this version starts on what earlier versions have left, and loses nothing. */
class UpgradeTest {
  @TempDir Path directory;

  private EarlierData leftBy(String version) throws Exception {
    EarlierData earlier = EarlierData.of(version, directory.resolve("data"));
    Path file = file();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String each : earlier.sql().split(";\n", -1)) {
        if (!each.isBlank()) {
          statement.execute(each);
        }
      }
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return earlier;
  }

  private Path file() {
    return directory.resolve("data/regild.db");
  }

  @ParameterizedTest
  @ValueSource(strings = {"4232643c", "f1ae89d7", "64892b9d"})
  void whatAnEarlierVersionLeftIsThereAfterTheUpgrade(String version) throws Exception {
    EarlierData earlier = leftBy(version);
    assertThat(SchemaState.of(file()).isNewer()).isFalse();
    try (Database database = Database.open(file())) {
      earlier.assertNothingIsLost(database, Map.of());
    }
    assertThat(SchemaState.of(file()).isOlder()).isFalse();
  }

  @Test
  void aDatabaseOfANewerVersionIsRefusedAndUnchanged() throws Exception {
    leftBy("64892b9d");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          INSERT INTO flyway_schema_history (installed_rank, version, description, type, script,
                 checksum, installed_by, execution_time, success)
          SELECT MAX(installed_rank) + 1, '9999', 'later', 'SQL', 'V9999__later.sql', 1, '', 0, 1
            FROM flyway_schema_history
          """);
    }
    assertThatThrownBy(() -> Database.open(file()))
        .hasMessageContaining("a newer version of Regild has used it (its tables are at 9999")
        .hasMessageContaining("Use the version that made it, or restore a backup");
    assertThat(SchemaState.of(file()).isNewer()).isTrue();
    assertThat(SchemaState.of(file()).there()).isEqualTo(9999);
  }
}
