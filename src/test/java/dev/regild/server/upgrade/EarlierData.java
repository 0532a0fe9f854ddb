package dev.regild.server.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.channel.ChannelStore;
import dev.regild.cli.Regild;
import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.image.LayerRecords;
import dev.regild.server.RegildServer;
import dev.regild.server.config.Config;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A data directory that an earlier version has left, which {@code make.sh} beside the files made
 * with that version's own server. Its database is kept as SQL.
 *
 * @param kept the directory among the tests' resources
 * @param data a copy of it
 */
record EarlierData(Path kept, Path data) {
  private static final Path ALL = Path.of("src/test/resources/dev/regild/server/upgrade");
  private static final String SQL = "regild.sql";

  /** Copies what a version has left, without its database. */
  static EarlierData of(String version, Path data) throws Exception {
    EarlierData earlier = new EarlierData(ALL.resolve(version), data);
    try (Stream<Path> files = Files.walk(earlier.kept())) {
      for (Path file : files.filter(each -> !each.endsWith(SQL)).toList()) {
        Path to = data.resolve(earlier.kept().relativize(file).toString());
        boolean isDirectory = Files.isDirectory(file);
        Files.copy(file, to);
        Files.setPosixFilePermissions(
            to, PosixFilePermissions.fromString(isDirectory ? "rwx------" : "rw-------"));
      }
    }
    return earlier;
  }

  String sql() throws Exception {
    return Files.readString(kept.resolve(SQL));
  }

  /** Returns the settings of a server on it. */
  Map<String, String> settings() {
    return Map.of("data", data.toString(), "listen", "127.0.0.1:0");
  }

  /** Starts a server of this version on it, which must show all that the earlier one had. */
  void assertNothingIsLost(Database database, Map<String, String> more) throws Exception {
    Map<String, String> settings = new HashMap<>(settings());
    settings.putAll(more);
    MasterKey masterKey = MasterKey.loadExisting(data.resolve("master.key"), Optional.empty());
    try (RegildServer server =
        RegildServer.start(Config.read(Optional.empty(), Map.of(), settings))) {
      Accounts accounts = new Accounts(database, masterKey, Clock.systemUTC());
      Account account = accounts.list().getFirst();
      AccessKey key = accounts.keys(account.id()).getFirst();
      Files.writeString(
          data.resolve("credentials"),
          "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
              .formatted(key.id(), key.secret()));
      assertThat(images(server.port()))
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
        .isEqualTo(Sha256.of(kept.resolve("layers/base.qcow2")));
    assertThat(new ChannelStore(data, Clock.systemUTC()).find("debian-12")).isPresent();
  }

  private String images(int port) {
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
}
