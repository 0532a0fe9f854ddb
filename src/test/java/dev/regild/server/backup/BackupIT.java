package dev.regild.server.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.account.MasterKeyProof;
import dev.regild.account.SigningKeys;
import dev.regild.cli.Regild;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.ObjectLayerStore;
import dev.regild.files.Sha256;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.image.LayerRecords;
import dev.regild.server.RegildServer;
import dev.regild.server.config.Config;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectStore;
import dev.regild.store.S3Proxy;
import dev.regild.store.StoreLimits;
import dev.regild.update.store.StoreCheck;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of running servers: with their own database, and with a PostgreSQL and an S3 store. */
class BackupIT {
  @TempDir static Path serverDirectory;
  private static S3Proxy s3;
  private static PostgresCluster cluster;

  @TempDir Path directory;
  private final String prefix = UUID.randomUUID().toString();

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(PostgresCluster.isInstalled(), "PostgreSQL is not installed");
    cluster = PostgresCluster.start();
    s3 = S3Proxy.start(serverDirectory);
  }

  @AfterAll
  static void stop() throws Exception {
    if (s3 != null) {
      s3.close();
      cluster.close();
    }
  }

  private static String regild(int status, Object... command) {
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    String[] words = Stream.of(command).map(Object::toString).toArray(String[]::new);
    assertThat(Regild.run(out, out, words)).as(said::toString).isEqualTo(status);
    return said.toString();
  }

  private Path privateDirectory(String name) throws IOException {
    return Files.createDirectory(
        directory.resolve(name),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private static Layer layer(String id, Path file, int bytes) throws IOException {
    byte[] content = new byte[bytes];
    new Random(id.hashCode()).nextBytes(content);
    Files.write(file, content);
    return new Layer(id, Optional.empty(), bytes, 1 << 20, Sha256.of(content), 1);
  }

  private static RegildServer serve(Map<String, String> keys) throws Exception {
    return RegildServer.start(Config.read(Optional.empty(), Map.of(), keys));
  }

  @Test
  void aRunningServerIsBackedUpIntoABucketAfterTheFirstBackupWasKilled() throws Exception {
    Path data = directory.resolve("data");
    String place = "s3://%s/%s/backups".formatted(S3Proxy.BUCKET, prefix);
    int layers = 60;
    try (RegildServer _ = serve(Map.of("data", data.toString(), "listen", "127.0.0.1:0"));
        Database server = Database.open(data.resolve("regild.db"))) {
      for (int i = 0; i < layers; i++) {
        String id = "layer-" + i;
        Layer made = layer(id, data.resolve("layers").resolve(id + ".qcow2"), 500_000);
        server.useTransaction(handle -> LayerRecords.insert(handle, made));
      }
      kill(place, data);
      AtomicBoolean done = new AtomicBoolean();
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                while (!done.get()) {
                  server.useTransaction(
                      handle -> handle.execute("UPDATE account SET name = 'now ' || random()"));
                }
              });
      String said = regild(0, "backup", place, "--s3-endpoint", s3.endpoint(), "--data", data);
      done.set(true);
      writer.join();
      assertThat(said).contains("Backup 20").contains("are new");
      assertThat(s3.files(prefix + "/backups/backups")).hasSize(1);
    }
    Path restored = directory.resolve("restored");
    regild(
        0,
        "restore",
        place,
        "--s3-endpoint",
        s3.endpoint(),
        "--data",
        restored,
        "--master-key",
        data.resolve("master.key"));
    try (RegildServer server =
        serve(Map.of("data", restored.toString(), "listen", "127.0.0.1:0"))) {
      assertThat(
              regild(
                  0,
                  "images",
                  "--endpoint",
                  "http://127.0.0.1:" + server.port(),
                  "--data",
                  restored))
          .contains("NAME");
      assertThat(Files.list(restored.resolve("layers")).count()).isEqualTo(layers);
    }
  }

  /** Kills a backup once some contents are there. */
  private void kill(String place, Path data) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.regild.cli.Regild",
                "backup",
                place,
                "--s3-endpoint",
                s3.endpoint().toString(),
                "--data",
                data.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("backup.log").toFile());
    builder.environment().putAll(S3Proxy.credentials());
    Process backup = builder.start();
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (s3.files(prefix + "/backups/contents").size() < 5) {
      assertThat(backup.isAlive() && System.nanoTime() < deadline)
          .as(Files.readString(directory.resolve("backup.log")))
          .isTrue();
      Thread.sleep(5);
    }
    backup.destroyForcibly();
    backup.waitFor();
    assertThat(s3.files(prefix + "/backups/backups")).isEmpty();
  }

  @Test
  void aRegistryInPostgresAndAStoreComesBackInOthers() throws Exception {
    Path data = privateDirectory("node");
    MasterKey masterKey = MasterKey.load(data.resolve("master.key"), Optional.empty());
    String before = database("before");
    String after = database("after");
    Layer kept;
    try (Database opened = Database.open(cluster.address(before));
        ObjectStore objects = store("before")) {
      MasterKeyProof.require(opened, masterKey);
      var _ = new SigningKeys(opened, masterKey, Clock.systemUTC()).firstStart();
      var _ = new Accounts(opened, masterKey, Clock.systemUTC()).create("team");
      Path file = directory.resolve("layer");
      kept = layer("kept", file, 300_000);
      objects.write(ObjectLayerStore.object(kept), file, kept.sha256());
      opened.useTransaction(handle -> LayerRecords.insert(handle, kept));
      Path content = Files.writeString(directory.resolve("content"), "a file of a channel");
      ObjectRecord recorded = new ContentStore(opened, objects).keep(content);
      opened.useTransaction(handle -> ContentStore.record(handle, recorded));
      // What nobody needs is not part of a backup.
      objects.write("layers/garbage/1.qcow2", file, kept.sha256());
    }
    Path backups = directory.resolve("backups");
    assertThat(
            regild(
                0, "backup", backups, "--data", data, "--config", config("before", before, data)))
        .contains("The master key is not in it");
    assertThat(new DirectoryTarget(backups).manifest(newest(backups)).entries())
        .filteredOn(entry -> entry.kind() == Manifest.Kind.OBJECT)
        .hasSize(2)
        .extracting(Manifest.Entry::path)
        .contains("layers/kept/1.qcow2");

    Path restored = directory.resolve("restored");
    Path config = config("after", after, restored);
    List<Object> restore =
        List.of(
            "restore",
            backups,
            "--data",
            restored,
            "--config",
            config,
            "--master-key",
            data.resolve("master.key"));
    regild(0, restore.toArray());
    try (Database opened = Database.open(cluster.address(after));
        ObjectStore objects = store("after")) {
      MasterKeyProof.require(opened, masterKey);
      assertThat(opened.read(LayerRecords::list)).containsExactly(kept);
      assertThat(new Accounts(opened, masterKey, Clock.systemUTC()).list()).hasSize(1);
      assertThat(new StoreCheck(opened, objects).run(true)).isEmpty();
    }
    // Neither place is written to twice.
    Path another = directory.resolve("another");
    assertThat(
            regild(
                1,
                "restore",
                backups,
                "--data",
                another,
                "--config",
                config("third", after, another),
                "--master-key",
                data.resolve("master.key")))
        .contains("is not empty");
  }

  private static String newest(Path backups) throws IOException {
    return new DirectoryTarget(backups).backups().getLast();
  }

  private String database(String name) throws Exception {
    String full = name + "_" + prefix.replace("-", "");
    cluster.execute("CREATE DATABASE " + full);
    return full;
  }

  private ObjectStore store(String name) {
    return S3Proxy.store(s3.endpoint(), prefix + "/" + name, StoreLimits.DEFAULT);
  }

  private Path config(String name, String database, Path data) throws IOException {
    return Files.writeString(
        directory.resolve(name + ".yaml"),
        "data: %s\ndatabase: %s\nstore: s3://%s/%s/%s\nstore.endpoint: %s\n"
            .formatted(data, cluster.url(database), S3Proxy.BUCKET, prefix, name, s3.endpoint()));
  }
}
