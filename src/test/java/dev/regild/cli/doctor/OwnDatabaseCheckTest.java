package dev.regild.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.db.Database;
import dev.regild.files.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code regild doctor} says of the database in a data directory. */
class OwnDatabaseCheckTest {
  @TempDir Path directory;

  private Path file() {
    return directory.resolve("regild.db");
  }

  private String look() {
    Checkup checks = new Checkup("WHAT");
    new OwnDatabaseCheck(file()).run(checks);
    return checks.json().toString();
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void aDatabaseOfThisAnEarlierAndALaterVersionIsToldAndUnchanged() throws Exception {
    assertThat(look()).as("before the first start").isEqualTo("[]");
    Database.open(file()).close();
    assertThat(look()).contains("\"database\"", "of this version").doesNotContain("PROBLEM");

    execute(
        """
        DELETE FROM flyway_schema_history WHERE installed_rank =
               (SELECT MAX(installed_rank) FROM flyway_schema_history)
        """);
    String before = Sha256.of(file());
    assertThat(look()).contains("the server's next start upgrades it").doesNotContain("PROBLEM");
    assertThat(Sha256.of(file())).isEqualTo(before);

    execute("UPDATE flyway_schema_history SET version = '9999' WHERE version = '1'");
    assertThat(look())
        .contains("PROBLEM", "A newer version of Regild has used " + file())
        .contains("Install that version again, or restore a backup");
  }

  @Test
  void aFileThatIsNoDatabaseIsAProblem() throws Exception {
    Files.writeString(file(), "not a database, but longer than the head of one would be".repeat(9));
    assertThat(look()).contains("PROBLEM", "Cannot read the database " + file());
  }
}
