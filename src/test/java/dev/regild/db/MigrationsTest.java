package dev.regild.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Migrations that move what is there: a database as an older server left it is opened. */
class MigrationsTest {
  private static final String IMAGE =
      """
      INSERT INTO image (id, account_id, region, name, state, errors, visibility, image_type,
          image_builder_supported, applications, created, allow_fleet, allow_image_builder,
          instance_families, dynamic_app_providers, managed_software)
      VALUES (:id, '111111111111', :region, :name, 'AVAILABLE', '[]', 'PRIVATE', 'CUSTOM',
          TRUE, '[]', 0, TRUE, TRUE, '[]', FALSE, FALSE)
      """;

  /** The migration since which nodes of two versions may share a database. */
  private static final int FIRST_WITH_NODES = 100;

  @TempDir Path directory;

  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("regild.db");
  }

  @Test
  void eachShareGetsTheKeyOfItsImage() throws IOException {
    leftAtVersion("11")
        .useHandle(handle -> {
          handle.createUpdate(IMAGE).bindMap(image("i-1", "us-east-1", "golden")).execute();
          handle.createUpdate(IMAGE).bindMap(image("i-2", "eu-west-1", "other")).execute();
          handle.execute(
              """
              INSERT INTO image_share (image_id, account_id, allow_fleet, allow_image_builder)
              VALUES ('i-1', '222222222222', TRUE, FALSE), ('i-2', '222222222222', FALSE, TRUE),
                     ('i-2', '333333333333', TRUE, TRUE)
              """);
        });
    try (Database database = Database.open(file)) {
      assertThat(
              database.<List<String>, RuntimeException>read(handle ->
                  handle
                      .createQuery(
                          """
                          SELECT account_id || ' ' || region || ' ' || name || ' ' || allow_fleet
                            FROM image_share ORDER BY account_id, region
                          """)
                      .mapTo(String.class)
                      .list()))
          .containsExactly(
              "222222222222 eu-west-1 other 0",
              "222222222222 us-east-1 golden 1",
              "333333333333 eu-west-1 other 1");
    }
  }

  /**
   * Nodes of the version before run on, and write rows without the columns that they don't know.
   */
  @Test
  void whatOlderNodesCanNotWorkWithRaisesTheFloor() throws IOException {
    Pattern breaking =
        Pattern.compile(
            "DROP (TABLE|COLUMN)|RENAME|ALTER COLUMN|ADD COLUMN (?![^,;]*DEFAULT)[^,;]*NOT NULL",
            Pattern.CASE_INSENSITIVE);
    assertThat("ALTER TABLE a ADD COLUMN b TEXT NOT NULL;").containsPattern(breaking);
    assertThat("ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT '';")
        .doesNotContainPattern(breaking);
    int seen = 0;
    for (Path each : migrationsAfter(FIRST_WITH_NODES)) {
      String sql = Files.readString(each);
      seen++;
      assertThat(sql.contains("schema_floor") || !breaking.matcher(sql).find())
          .as("%s takes from older nodes what they use: raise schema_floor", each)
          .isTrue();
    }
    assertThat(seen).isPositive();
  }

  private static List<Path> migrationsAfter(int version) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
      return files
          .filter(file ->
              Integer.parseInt(file.getFileName().toString().replaceFirst("^V(\\d+)__.*", "$1"))
                  > version)
          .toList();
    }
  }

  private static Map<String, String> image(String id, String region, String name) {
    return Map.of("id", id, "region", region, "name", name);
  }

  private Jdbi leftAtVersion(String version) {
    String url = "jdbc:sqlite:" + file;
    Flyway.configure()
        .dataSource(url, null, null)
        .locations("classpath:db/migration")
        .target(version)
        .load()
        .migrate();
    return Jdbi.create(url);
  }
}
