package dev.regild.server.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.channel.ChannelStore;
import dev.regild.cli.Regild;
import dev.regild.db.Database;
import dev.regild.db.SchemaState;
import dev.regild.files.Sha256;
import dev.regild.image.LayerRecords;
import dev.regild.server.RegildServer;
import dev.regild.server.config.Config;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Data directories that earlier versions have left, which {@code make.sh} beside them made with
 * those versions' own servers. A server of this version starts on each, and loses nothing.
 */
class UpgradeTest {
  private static final Path KEPT = Path.of("src/test/resources/dev/regild/server/upgrade");

  @TempDir Path directory;

  /** A directory as that version left it. */
  private Path leftBy(String version) throws Exception {
    Path data = directory.resolve("data");
    try (Stream<Path> files = Files.walk(KEPT.resolve(version))) {
      for (Path file : files.toList()) {
        Path to = data.resolve(KEPT.resolve(version).relativize(file).toString());
        boolean isDirectory = Files.isDirectory(file);
        Files.copy(file, to);
        Files.setPosixFilePermissions(
            to, PosixFilePermissions.fromString(isDirectory ? "rwx------" : "rw-------"));
      }
    }
    Path sql = data.resolve("regild.sql");
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + data.resolve("regild.db"));
        Statement statement = connection.createStatement()) {
      for (String each : Files.readString(sql).split(";\n", -1)) {
        if (!each.isBlank()) {
          statement.execute(each);
        }
      }
    }
    Files.delete(sql);
    Files.setPosixFilePermissions(
        data.resolve("regild.db"), PosixFilePermissions.fromString("rw-------"));
    return data;
  }

  @ParameterizedTest
  @ValueSource(strings = {"4232643c", "f1ae89d7", "64892b9d"})
  void whatAnEarlierVersionLeftIsThereAfterTheUpgrade(String version) throws Exception {
    Path data = leftBy(version);
    assertThat(SchemaState.of(data.resolve("regild.db")).isNewer()).isFalse();
    MasterKey masterKey = MasterKey.loadExisting(data.resolve("master.key"), Optional.empty());
    try (RegildServer server =
            RegildServer.start(
                Config.read(
                    Optional.empty(),
                    Map.of(),
                    Map.of("data", data.toString(), "listen", "127.0.0.1:0")));
        Database database = Database.open(data.resolve("regild.db"))) {
      assertThat(SchemaState.of(data.resolve("regild.db")).isOlder()).isFalse();
      Accounts accounts = new Accounts(database, masterKey, Clock.systemUTC());
      Account account = accounts.list().getFirst();
      AccessKey key = accounts.keys(account.id()).getFirst();
      Files.writeString(
          data.resolve("credentials"),
          "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
              .formatted(key.id(), key.secret()));
      assertThat(images(data, server.port()))
          .containsPattern("golden +AVAILABLE +DEBIAN_12")
          .containsPattern("golden-updated +AVAILABLE +DEBIAN_12");
      assertThat(database.read(LayerRecords::list))
          .extracting(layer -> layer.id() + " on " + layer.base().orElse("nothing"))
          .containsExactlyInAnyOrder("base on nothing", "top on base");
      assertThat(
              database.<String, RuntimeException>read(handle ->
                  handle
                      .createQuery("SELECT tag_value FROM tag WHERE tag_key = 'team'")
                      .mapTo(String.class)
                      .one()))
          .isEqualTo("desktop");
    }
    assertThat(Sha256.of(data.resolve("layers/base.qcow2")))
        .isEqualTo(Sha256.of(KEPT.resolve(version).resolve("layers/base.qcow2")));
    assertThat(new ChannelStore(data, Clock.systemUTC()).find("debian-12")).isPresent();
  }

  private static String images(Path data, int port) {
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    int status =
        Regild.run(
            out,
            out,
            "images",
            "--endpoint",
            "http://127.0.0.1:" + port,
            "--data",
            data.toString());
    assertThat(status).as(said::toString).isZero();
    return said.toString();
  }

  @Test
  void aDatabaseOfANewerVersionIsRefusedAndUnchanged() throws Exception {
    Path file = leftBy("64892b9d").resolve("regild.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          INSERT INTO flyway_schema_history (installed_rank, version, description, type, script,
                 checksum, installed_by, execution_time, success)
          SELECT MAX(installed_rank) + 1, '9999', 'later', 'SQL', 'V9999__later.sql', 1, '', 0, 1
            FROM flyway_schema_history
          """);
    }
    assertThatThrownBy(() -> Database.open(file))
        .hasMessageContaining("a newer version of Regild has used it (its tables are at 9999")
        .hasMessageContaining("Use the version that made it, or restore a backup");
    assertThat(SchemaState.of(file).isNewer()).isTrue();
    assertThat(SchemaState.of(file).there()).isEqualTo(9999);
  }
}
