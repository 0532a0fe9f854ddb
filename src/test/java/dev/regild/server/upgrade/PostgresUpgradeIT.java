package dev.regild.server.upgrade;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same as {@link UpgradeTest}, with the registry in a PostgreSQL. */
class PostgresUpgradeIT {
  private static final String NAME = "upgraded";
  private static PostgresCluster cluster;

  @RegisterExtension
  static final BeforeAllCallback CLUSTER = context -> cluster = TestDatabases.cluster(context);

  @TempDir Path directory;

  @BeforeEach
  void make() throws Exception {
    cluster.execute("CREATE DATABASE %s TEMPLATE template0".formatted(NAME));
  }

  @AfterEach
  void drop() throws Exception {
    cluster.execute("DROP DATABASE %s WITH (FORCE)".formatted(NAME));
  }

  private EarlierData leftBy(String version) throws Exception {
    EarlierData earlier = EarlierData.of(version + "-postgresql", directory.resolve("data"));
    execute(earlier.sql());
    return earlier;
  }

  private static void execute(String sql) throws Exception {
    try (Connection connection = cluster.connect(NAME);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"64892b9d"})
  void whatAnEarlierVersionLeftIsThereAfterTheUpgrade(String version) throws Exception {
    EarlierData earlier = leftBy(version);
    PostgresAddress address = cluster.address(NAME);
    try (Database database = Database.open(address)) {
      earlier.assertNothingIsLost(database, Map.of("database", cluster.url(NAME)));
    }
  }

  @Test
  void aDatabaseThatThisVersionIsTooOldForIsRefused() throws Exception {
    leftBy("64892b9d");
    execute("INSERT INTO schema_floor (version) VALUES (9999)");
    PostgresAddress address = cluster.address(NAME);
    assertThatThrownBy(() -> Database.open(address))
        .hasMessageContaining("a newer version of Regild has changed its tables (to 9999)")
        .hasMessageContaining("Upgrade this node");
  }
}
