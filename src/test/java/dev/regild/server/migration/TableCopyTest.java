package dev.regild.server.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.db.Database;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class TableCopyTest {
  /** Their size is up to the makers of images; the judging makes them again. */
  @Test
  void shortFormsOfInventoriesAreNotCopied(@TempDir Path data) throws Exception {
    assumeTrue(TestDatabases.isPostgres());
    try (Database source = TestDatabases.open(data.resolve("source.db"));
        Database target = TestDatabases.open(data.resolve("target.db"))) {
      source.useTransaction(handle -> {
        handle.execute(
            "INSERT INTO inventory (digest, compressed_json) VALUES ('canary', ?)", new byte[] {0});
        handle.execute(
            "INSERT INTO known_package (id, facts_sha256, facts) VALUES (1, 'hash', '{}')");
        handle.execute(
            """
            INSERT INTO inventory_form (inventory_digest, setting, packages)
            VALUES ('canary', '{}', ?)
            """,
            new byte[] {1});
      });
      Map<String, Long> copied =
          source.<Map<String, Long>, MigrationException>read(from ->
              target.<Map<String, Long>, MigrationException>inTransaction(
                  to -> new TableCopy(from, to).run()));
      assertThat(copied)
          .containsEntry("inventory", 1L)
          .doesNotContainKeys("known_package", "inventory_form");
    }
  }
}
