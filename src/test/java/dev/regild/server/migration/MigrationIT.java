package dev.regild.server.migration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.account.MasterKeyProof;
import dev.regild.account.SigningKeys;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestChannel;
import dev.regild.channel.shared.SharedChannels;
import dev.regild.cli.Regild;
import dev.regild.db.Database;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.files.LockFile;
import dev.regild.files.Sha256;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.server.MasterKeySeal;
import dev.regild.store.ContentStore;
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
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Moves of an embedded registry to a real PostgreSQL and a real S3 server. */
class MigrationIT {
  private static final String DISK = "ami-0123456789abcdef0";

  @TempDir static Path serverDirectory;
  private static S3Proxy server;
  private static PostgresCluster cluster;

  @TempDir Path directory;
  private final String prefix = UUID.randomUUID().toString();
  private Path data;
  private String url = "";
  private Database target;
  private ObjectStore objects;
  private Account account;
  private Layer base;
  private Layer top;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(PostgresCluster.isInstalled(), "PostgreSQL is not installed");
    cluster = PostgresCluster.start();
    server = S3Proxy.start(serverDirectory);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
      cluster.close();
    }
  }

  @BeforeEach
  void fill() throws Exception {
    cluster.execute("CREATE DATABASE " + databaseName());
    url = cluster.url(databaseName());
    target = Database.open(cluster.address(databaseName()));
    objects = S3Proxy.store(server.endpoint(), prefix, StoreLimits.DEFAULT);
    data =
        Files.createDirectory(
            directory.resolve("data"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.createFile(data.resolve("lock"));
    var _ = TestChannel.offering(data, "DEBIAN_12", "bash", "5.2-1");
    Files.createDirectory(data.resolve("layers"));
    try (Database source = Database.open(data.resolve("regild.db"))) {
      MasterKey masterKey = MasterKey.load(data.resolve("master.key"), Optional.empty());
      Accounts accounts = new Accounts(source, masterKey, Clock.systemUTC());
      account = accounts.create("team");
      var _ = accounts.createKey(account, false);
      var _ = new SigningKeys(source, masterKey, Clock.systemUTC()).firstStart();
      // Named so that the upper one comes first by its id.
      base = layer("z-base", Optional.empty());
      top = layer("a-top", Optional.of("z-base"));
      source.useTransaction(handle -> {
        LayerRecords.insert(handle, base);
        LayerRecords.insert(handle, top);
        Images.insert(
            handle,
            Image.importing(
                new Owner(account.id(), "us-east-1"),
                "in-the-making",
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Instant.now()));
        handle.execute(
            """
            INSERT INTO scheduled_tasks
                   (task_name, task_instance, execution_time, picked, version)
            VALUES ('import-image', 'one', 1700000000000, 0, 1)
            """);
      });
    }
    disk();
  }

  private String databaseName() {
    return "moved_" + prefix.replace("-", "");
  }

  @AfterEach
  void close() {
    objects.close();
    target.close();
  }

  private Layer layer(String id, Optional<String> below) throws Exception {
    byte[] content = new byte[50_000];
    new Random(id.hashCode()).nextBytes(content);
    Files.write(data.resolve("layers").resolve(id + ".qcow2"), content);
    return new Layer(id, below, content.length, 1 << 20, Sha256.of(content), 1);
  }

  private void disk() throws Exception {
    byte[] content = new byte[70_000];
    Path disks = Files.createDirectory(data.resolve("disks"));
    Files.write(disks.resolve(DISK + ".disk"), content);
    UploadedDisk disk =
        new UploadedDisk(
            DISK,
            account.id(),
            UploadedDisk.Origin.UPLOADED,
            DiskFormat.RAW,
            content.length,
            Sha256.of(content),
            Instant.parse("2026-01-02T03:04:05Z"),
            Optional.empty());
    Files.writeString(disks.resolve(DISK + ".json"), JsonMapper.shared().writeValueAsString(disk));
  }

  /** Every file of the source by its content. */
  private Map<String, String> source() throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(data)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(data.relativize(file).toString(), Sha256.of(file));
      }
    }
    return files;
  }

  private Path config() throws IOException {
    return Files.writeString(
        directory.resolve("regild.yaml"),
        "database: %s\nstore: s3://images/%s\nstore.endpoint: %s\n"
            .formatted(url, prefix, server.endpoint()));
  }

  private String migrate(int status) throws Exception {
    StringWriter out = new StringWriter();
    StringWriter errors = new StringWriter();
    int exit =
        Regild.run(
            new PrintWriter(out, true),
            new PrintWriter(errors, true),
            "migrate",
            "--data",
            data.toString(),
            "--config",
            config().toString());
    assertThat(exit).as("%s%s", out, errors).isEqualTo(status);
    return "%s%s".formatted(out, errors);
  }

  @Test
  void everythingArrivesAndTheSourceStaysAsItWas() throws Exception {
    Map<String, String> before = source();
    assertThat(migrate(0))
        .containsPattern("layers +2")
        .containsPattern("disks +1")
        .containsPattern("channels +1")
        .containsPattern("rows of access_key +1")
        .containsPattern("rows of scheduled_tasks +1")
        .contains("give each node the master key");
    assertThat(source()).isEqualTo(before);

    MasterKey masterKey = MasterKey.loadExisting(data.resolve("master.key"), Optional.empty());
    MasterKeyProof.require(target, masterKey);
    Accounts accounts = new Accounts(target, masterKey, Clock.systemUTC());
    assertThat(accounts.keys(account.id()))
        .singleElement()
        .satisfies(key -> assertThat(key.secret()).isNotBlank());
    List<Layer> chain = target.read(handle -> LayerRecords.chain(handle, "a-top"));
    assertThat(chain).containsExactly(top, base);
    Instant due =
        target.read(handle ->
            handle
                .createQuery("SELECT execution_time FROM scheduled_tasks")
                .mapTo(Instant.class)
                .one());
    assertThat(due).isEqualTo(Instant.ofEpochMilli(1700000000000L));
    assertThat(new StoreCheck(target, objects).run(true)).isEmpty();
    Path node =
        Files.createDirectory(
            directory.resolve("node"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    SharedChannels shared =
        new SharedChannels(
            target, new ContentStore(target, objects), new MasterKeySeal(masterKey), node);
    shared.pull();
    assertThat(new ChannelStore(node, Clock.systemUTC(), shared).current("test")).isPresent();

    assertThat(migrate(1)).contains("was moved to that database already");
  }

  @Test
  void aMoveThatWasInterruptedGoesOn() throws Exception {
    Path layer = data.resolve("layers/z-base.qcow2");
    byte[] content = Files.readAllBytes(layer);
    content[0] ^= 1;
    Files.write(layer, content);
    assertThat(migrate(1))
        .contains("The layer z-base in " + layer + " is damaged")
        .contains("Restore it from a backup");
    assertThat(server.files(prefix + "/layers")).hasSize(1);
    long rows = target.read(LayerRecords::count);
    assertThat(rows).isZero();
    content[0] ^= 1;
    Files.write(layer, content);
    // What is there already is not written again.
    Path written = server.file(prefix + "/layers/a-top/1.qcow2");
    Object first = Files.readAttributes(written, "unix:ino").get("ino");
    migrate(0);
    assertThat(Files.readAttributes(written, "unix:ino").get("ino")).isEqualTo(first);
    assertThat(new StoreCheck(target, objects).run(true)).isEmpty();
  }

  /** Killed in the transaction that copies the rows, when all objects are in the store. */
  @Test
  void aMoveThatWasKilledGoesOn() throws Exception {
    Map<String, String> before = source();
    try (Connection holder = cluster.connect(databaseName())) {
      holder.setAutoCommit(false);
      try (Statement statement = holder.createStatement()) {
        statement.execute("LOCK TABLE image IN SHARE MODE");
      }
      Process move = startMove();
      awaitALock(holder, move);
      assertThat(copies()).hasSize(1);
      move.destroyForcibly();
      move.waitFor();
      holder.rollback();
    }
    assertThat(source()).isEqualTo(before);
    assertThat(target.read(LayerRecords::count)).isZero();
    assertThat(server.files(prefix + "/layers")).hasSize(2);
    Path written = server.file(prefix + "/layers/a-top/1.qcow2");
    Object first = Files.readAttributes(written, "unix:ino").get("ino");
    migrate(0);
    assertThat(Files.readAttributes(written, "unix:ino").get("ino")).isEqualTo(first);
    assertThat(source()).isEqualTo(before);
    assertThat(new StoreCheck(target, objects).run(true)).isEmpty();
    List<Layer> chain = target.read(handle -> LayerRecords.chain(handle, "a-top"));
    assertThat(chain).containsExactly(top, base);
    assertThat(copies()).as("what the killed one left is gone, too").isEmpty();
  }

  /** The copies of the source's database. */
  private List<Path> copies() throws IOException {
    String place = Sha256.of(data.toRealPath().toString().getBytes(UTF_8));
    try (Stream<Path> all = Files.list(Path.of("/var/tmp"))) {
      return all.filter(each -> each.toString().contains(place)).toList();
    }
  }

  private Process startMove() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.regild.cli.Regild",
                "migrate",
                "--data",
                data.toString(),
                "--config",
                config().toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("move.log").toFile());
    builder.environment().putAll(S3Proxy.credentials());
    return builder.start();
  }

  /** Waits until another connection waits for what this one has locked. */
  private void awaitALock(Connection holder, Process move) throws Exception {
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    boolean waits = false;
    while (!waits) {
      assertThat(move.isAlive() && System.nanoTime() < deadline)
          .as(Files.readString(directory.resolve("move.log")))
          .isTrue();
      Thread.sleep(50);
      try (Statement statement = holder.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT COUNT(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'image'::regclass")) {
        rows.next();
        waits = rows.getBoolean(1);
      }
    }
  }

  @Test
  void aSourceInUseAndATargetOfOthersAreRefused() throws Exception {
    try (LockFile _ = LockFile.acquire(data.resolve("lock"))) {
      assertThat(migrate(1)).contains("A server is using " + data + ". Stop it first");
    }
    Path file = Files.writeString(directory.resolve("foreign"), "foreign");
    objects.write("foreign", file, Sha256.of(file));
    assertThat(migrate(1)).contains("The store s3://images/" + prefix + " is not empty (foreign)");
    objects.delete("foreign");
    target.useTransaction(handle -> {
      handle.execute("DELETE FROM migration");
      handle.execute(
          "INSERT INTO account (id, name, status, created) VALUES ('1', 'a', 'ACTIVE', 0)");
    });
    assertThat(migrate(1)).contains("The database is not empty (account)");
    assertThat(server.files(prefix)).isEmpty();
    assertThatThrownBy(() -> SourceDirectory.open(directory))
        .hasMessageContaining("contains no embedded registry");
  }
}
