package dev.regild.server.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.MasterKey;
import dev.regild.account.SigningKeys;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestChannel;
import dev.regild.cli.Regild;
import dev.regild.db.Database;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.files.FileTree;
import dev.regild.files.Sha256;
import dev.regild.fixtures.SmallFileSystem;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.LayerRecords;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Backups of a data directory whose database a server has open, and what is restored of them. */
class BackupTest {
  private static final String DISK = "ami-0123456789abcdef0";
  private static final String TOKEN = "a-token-of-a-repository";

  @TempDir Path directory;
  private Path data;
  private Path target;
  private Path key;
  private Database server;
  private MasterKey masterKey;

  @BeforeEach
  void fill() throws Exception {
    data =
        Files.createDirectory(
            directory.resolve("data"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    target = directory.resolve("backups");
    key = directory.resolve("kept-elsewhere.key");
    var _ = TestChannel.offering(data, "DEBIAN_12", "bash", "5.2-1");
    Files.createDirectory(data.resolve("layers"));
    Files.writeString(data.resolve("auth.conf"), "machine example.com login u password " + TOKEN);
    Files.writeString(data.resolve("audit.log"), "{\"operation\":\"DeleteImage\"}\n");
    server = TestDatabases.open(data.resolve("regild.db"));
    masterKey = MasterKey.load(data.resolve("master.key"), Optional.empty());
    Files.copy(data.resolve("master.key"), key);
    var _ = new SigningKeys(server, masterKey, Clock.systemUTC()).firstStart();
    Accounts accounts = new Accounts(server, masterKey, Clock.systemUTC());
    Account account = accounts.create("team");
    var _ = accounts.createKey(account, false);
    disk(account);
    layer("base", Optional.empty(), 50_000);
    layer("top", Optional.of("base"), 60_000);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private Path layer(String id, Optional<String> below, int bytes) throws Exception {
    byte[] content = new byte[bytes];
    new Random(id.hashCode()).nextBytes(content);
    Path file = Files.write(data.resolve("layers").resolve(id + ".qcow2"), content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
    Layer layer = new Layer(id, below, bytes, 1 << 20, Sha256.of(content), 1);
    server.useTransaction(handle -> LayerRecords.insert(handle, layer));
    return file;
  }

  private void delete(String layer) throws IOException {
    server.useTransaction(handle -> handle.execute("DELETE FROM layer WHERE id = ?", layer));
    Files.delete(data.resolve("layers").resolve(layer + ".qcow2"));
  }

  private void disk(Account account) throws Exception {
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
    // Still being uploaded: not part of a backup.
    Files.write(disks.resolve("ami-00000000000000001.disk"), content);
  }

  private String regild(int status, Object... command) {
    StringWriter said = new StringWriter();
    var out = new PrintWriter(said, true);
    String[] words = Stream.of(command).map(Object::toString).toArray(String[]::new);
    assertThat(Regild.run(out, out, words)).as(said::toString).isEqualTo(status);
    return said.toString();
  }

  private String backup(int status, Object... more) {
    List<Object> command = new ArrayList<>(List.of("backup", target, "--data", data));
    command.addAll(List.of(more));
    return regild(status, command.toArray());
  }

  private String restore(int status, Path to, Object... more) {
    List<Object> command = new ArrayList<>(List.of("restore", target, "--data", to));
    command.addAll(List.of(more));
    return regild(status, command.toArray());
  }

  private List<Path> contents() throws IOException {
    try (Stream<Path> files = Files.walk(target.resolve("contents"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private Path content(Path of) throws IOException {
    String sha256 = Sha256.of(of);
    return target.resolve("contents").resolve(sha256.substring(0, 2)).resolve(sha256);
  }

  private List<String> ids() throws IOException {
    return new DirectoryTarget(target).backups();
  }

  /** Every file by its content, without those that a backup does not have. */
  private static Map<String, String> files(Path root) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String path = root.relativize(file).toString();
        if (path.matches("(layers|disks/" + DISK + "|channels|snapshots|auth|audit|master).*")
            && !path.endsWith(".lock")) {
          files.put(path, Sha256.of(file));
        }
      }
    }
    return files;
  }

  @Test
  void everythingComesBackAndNothingIsReadableMeanwhile() throws Exception {
    assertThat(backup(0)).contains("The master key is not in it: keep a copy of it elsewhere");
    for (Path file : contents()) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(new String(Files.readAllBytes(file), UTF_8)).doesNotContain(TOKEN);
    }
    assertThat(contents()).doesNotContain(content(data.resolve("master.key")));
    // What comes after the backup is not in it.
    layer("later", Optional.of("top"), 1000);

    Path restored = directory.resolve("restored");
    assertThat(restore(1, restored)).contains("has no master key").contains("--master-key FILE");
    FileTree.remove(restored);
    assertThat(restore(0, restored, "--master-key", key)).contains("each verified");
    Map<String, String> before = files(data);
    before.remove("layers/later.qcow2");
    assertThat(files(restored)).isEqualTo(before);
    assertThat(mode(restored)).isEqualTo("rwx------");
    assertThat(mode(restored.resolve("layers"))).isEqualTo("rwx------");
    assertThat(mode(restored.resolve("layers/base.qcow2"))).isEqualTo("r--------");
    for (String secret : List.of("auth.conf", "master.key", "regild.db")) {
      assertThat(mode(restored.resolve(secret))).as(secret).isEqualTo("rw-------");
    }
    try (Database opened = TestDatabases.open(restored.resolve("regild.db"))) {
      assertThat(opened.read(LayerRecords::list)).extracting(Layer::id).containsOnly("base", "top");
      assertThat(new Accounts(opened, masterKey, Clock.systemUTC()).list()).hasSize(1);
    }
    assertThat(new ChannelStore(restored, Clock.systemUTC()).current("test")).isPresent();
    try (Stream<Path> left = Files.list(restored)) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .doesNotContain("restore-unfinished", ".restoring");
    }
  }

  @Test
  void whatIsOnAnotherDiskIsPartOfTheBackup() throws Exception {
    for (String name : List.of("disks", "channels", "layers")) {
      Path elsewhere = Files.move(data.resolve(name), directory.resolve("other-disk-" + name));
      Files.createSymbolicLink(data.resolve(name), elsewhere);
    }
    // A link whose target is gone is nothing to copy.
    Files.createSymbolicLink(data.resolve("channels/lost.yaml"), directory.resolve("nothing"));
    backup(0, "--with-master-key");
    Path restored = directory.resolve("restored");
    restore(0, restored);
    assertThat(restored.resolve("disks").resolve(DISK + ".disk")).isRegularFile();
    assertThat(restored.resolve("layers/base.qcow2")).isRegularFile();
    assertThat(new ChannelStore(restored, Clock.systemUTC()).current("test")).isPresent();
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void theSecondBackupCopiesOnlyWhatIsNew() throws Exception {
    backup(0);
    Path base = content(data.resolve("layers/base.qcow2"));
    Object first = Files.readAttributes(base, "unix:ino").get("ino");
    Path added = layer("third", Optional.of("top"), 40_000);
    assertThat(backup(0)).containsPattern("of which [0-9.]+ (KiB|MiB) are new");
    assertThat(Files.readAttributes(base, "unix:ino").get("ino")).isEqualTo(first);
    assertThat(content(added)).exists();
    assertThat(backup(0, "--list")).containsPattern("(?s)Z .* no\n.*Z.* no");
  }

  @Test
  void aLayerThatIsDeletedMeanwhileIsNotMissing() throws Exception {
    List<String> steps = new ArrayList<>();
    Backup backup =
        new Backup(
            data,
            Optional.empty(),
            Optional.empty(),
            new DirectoryTarget(target),
            new Backup.Options(true, 0, "test"),
            (what, done) -> {
              if (what.equals("database") && done == 1 && !steps.contains("deleted")) {
                steps.add("deleted");
                try {
                  delete("top");
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              }
            },
            Clock.systemUTC());
    Manifest made = backup.run().backup();
    assertThat(steps).containsExactly("deleted");
    assertThat(made.entries())
        .extracting(Manifest.Entry::path)
        .contains("layers/base.qcow2")
        .doesNotContain("layers/top.qcow2");
    // With the key in it, it needs nothing else.
    restore(0, directory.resolve("restored"));
    try (Database opened = TestDatabases.open(directory.resolve("restored/regild.db"))) {
      assertThat(opened.read(LayerRecords::list)).extracting(Layer::id).containsExactly("base");
    }
  }

  @Test
  void aBackupThatWasKilledGoesOn() throws Exception {
    Backup killed =
        new Backup(
            data,
            Optional.empty(),
            Optional.empty(),
            new DirectoryTarget(target),
            new Backup.Options(false, 0, "test"),
            (what, done) -> {
              if (what.equals("layers")) {
                throw new IllegalStateException("killed");
              }
            },
            Clock.systemUTC());
    assertThatThrownBy(killed::run).hasMessage("killed");
    assertThat(ids()).isEmpty();
    Path base = content(data.resolve("layers/base.qcow2"));
    Object first = Files.readAttributes(base, "unix:ino").get("ino");
    // What kill -9 leaves besides.
    Files.createDirectories(data.resolve(".backup-123"));
    Files.createDirectories(target.resolve("unfinished"));
    Files.writeString(target.resolve("unfinished/half"), "half");

    backup(0);
    assertThat(ids()).hasSize(1);
    assertThat(Files.readAttributes(base, "unix:ino").get("ino")).isEqualTo(first);
    assertThat(target.resolve("unfinished/half")).doesNotExist();
    assertThat(data.resolve(".backup-123")).doesNotExist();
    assertThat(backup(0, "--check")).contains("All 1 backups are sound.");
  }

  @Test
  void damageIsFoundRefusedAndHealed() throws Exception {
    backup(0);
    Path base = content(data.resolve("layers/base.qcow2"));
    Path top = content(data.resolve("layers/top.qcow2"));
    byte[] flipped = Files.readAllBytes(top);
    flipped[10] ^= 1;
    Files.write(top, flipped);
    Files.write(base, new byte[10]);
    assertThat(backup(1, "--check"))
        .contains("2 problems")
        .contains(base.toString())
        .contains(top + " is damaged")
        .contains("Delete it, and make a new backup");
    JsonNode findings = JsonMapper.shared().readTree(backup(1, "--check", "--output", "json"));
    assertThat(findings.size()).isEqualTo(2);
    assertThat(findings.path(0).path("backup").asString("")).isEqualTo(ids().getFirst());
    assertThat(regild(1, "backup", directory.resolve("not-mounted"), "--check"))
        .contains("not-mounted has no backup to check");
    Path restored = directory.resolve("restored");
    assertThat(restore(1, restored, "--master-key", key)).contains(base + " is damaged");
    assertThat(restored.resolve("regild.db")).doesNotExist();
    assertThat(regild(1, "serve", "--data", restored, "--listen", "127.0.0.1:0"))
        .contains("whose restore has not ended; run regild restore again");

    // The size tells of a truncated content, which is written again.
    assertThat(backup(0, "--keep", "2")).contains("new");
    assertThat(Files.size(base)).isEqualTo(50_000);
    Files.delete(top);
    backup(0, "--keep", "2");
    assertThat(backup(0, "--check")).contains("All 2 backups are sound.");
    // The unfinished restore is of a backup that is gone.
    assertThat(restore(1, restored, "--master-key", key))
        .contains("unfinished restore of another backup");
    FileTree.remove(restored);
    restore(0, restored, "--master-key", key);
  }

  @Test
  void aRestoreThatWasInterruptedGoesOn() throws Exception {
    backup(0);
    Path restored = directory.resolve("restored");
    Path base = restored.resolve("layers/base.qcow2");
    Restore killed =
        new Restore(
            new DirectoryTarget(target),
            restored,
            Optional.of(masterKey),
            Optional.empty(),
            Optional.empty(),
            (what, done) -> {
              if (Files.exists(base)) {
                throw new IllegalStateException("killed");
              }
            });
    assertThatThrownBy(() -> killed.run(Optional.empty())).hasMessage("killed");
    Object first = Files.readAttributes(base, "unix:ino").get("ino");
    restore(0, restored, "--master-key", key);
    assertThat(Files.readAttributes(base, "unix:ino").get("ino")).isEqualTo(first);
    assertThat(restored.resolve("restore-unfinished")).doesNotExist();
    assertThat(restore(1, restored, "--master-key", key)).contains("is not empty");
    // A directory that is named by mistake stays as it is.
    Path foreign = Files.createDirectory(directory.resolve("foreign"));
    Files.writeString(foreign.resolve("photo"), "");
    Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(restore(1, foreign, "--master-key", key)).contains("is not empty");
    assertThat(mode(foreign)).isEqualTo("rwxr-xr-x");
  }

  @Test
  void anotherMasterKeyAndAnotherRegistryAreRefused() throws Exception {
    backup(0);
    Path other = directory.resolve("other.key");
    var _ = MasterKey.load(other, Optional.empty());
    assertThat(restore(1, directory.resolve("restored"), "--master-key", other))
        .contains("is not the one of the backup");
    assertThat(directory.resolve("restored/regild.db")).doesNotExist();

    server.useTransaction(handle -> handle.execute("UPDATE signing_key SET id = 'another'"));
    // What the other registry's server is writing at this moment.
    Files.createDirectories(target.resolve("unfinished"));
    Path half = Files.writeString(target.resolve("unfinished/half"), "half");
    assertThat(backup(1)).contains("has the backups of another registry");
    assertThat(half).exists();
    assertThat(regild(1, "backup", target, "--data", directory.resolve("nowhere")))
        .contains("nowhere does not exist. Name the server's with --data DIR.");
    Path full = Files.createDirectory(directory.resolve("photos"));
    Files.writeString(full.resolve("photo"), "");
    assertThat(regild(1, "backup", full, "--data", data))
        .contains("photos is not empty, and not a directory of backups");
  }

  @Test
  void aBackupThatItsMasterKeyCouldNotOpenIsNotMade() throws Exception {
    Files.delete(data.resolve("master.key"));
    var _ = MasterKey.load(data.resolve("master.key"), Optional.empty());
    assertThat(backup(1))
        .contains(data.resolve("master.key") + " is not the master key of this registry")
        .contains("REGILD_MASTER_KEY");
    assertThat(target).doesNotExist();
  }

  @Test
  void onlyTheNewestStayAndTheirContents() throws Exception {
    Path gone = layer("gone", Optional.of("top"), 30_000);
    backup(0);
    Path content = content(gone);
    delete("gone");
    backup(0);
    assertThat(content).exists();
    String first = ids().getFirst();
    assertThat(backup(2, "--keep", "0")).contains("--keep must be at least 1");
    assertThat(backup(0, "--keep", "2")).contains("Removed " + first + ",");
    assertThat(ids()).hasSize(2);
    assertThat(content).doesNotExist();
    assertThat(backup(0, "--check")).contains("All 2 backups are sound.");
  }

  @Test
  void aDamagedLayerMakesNoBackup() throws Exception {
    Path top = data.resolve("layers/top.qcow2");
    Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rw-------"));
    Files.write(top, new byte[60_000]);
    assertThat(backup(1))
        .contains("Damaged: " + top)
        .contains("restore it from an earlier backup, or delete the images on it");
    assertThat(ids()).isEmpty();
  }

  @Test
  void aLayerThatIsLostIsNamed() throws Exception {
    Path base = data.resolve("layers/base.qcow2");
    Path top = data.resolve("layers/top.qcow2");
    Files.delete(base);
    Files.delete(top);
    assertThat(backup(1))
        .contains("Damaged: %s (missing), %s (missing).".formatted(base, top))
        .contains("restore them from an earlier backup, or delete the images on them");
    assertThat(ids()).isEmpty();
  }

  @Test
  void aFullDiskLosesNothing() throws Exception {
    try (SmallFileSystem _ = SmallFileSystem.mount(target, "4m")) {
      backup(0);
      Path big = layer("big", Optional.of("top"), 6 << 20);
      assertThat(backup(1))
          .contains("The file system of " + target + " is full")
          .contains("run this again to go on");
      assertThat(ids()).hasSize(1);
      try (Stream<Path> unfinished = Files.list(target.resolve("unfinished"))) {
        assertThat(unfinished).isEmpty();
      }
      delete("big");
      assertThat(big).doesNotExist();
      backup(0);
      assertThat(backup(0, "--check")).contains("All 2 backups are sound.");
    }
  }

  @Test
  void aManifestCannotReachOutOfTheDataDirectory() throws Exception {
    backup(0);
    Path manifest = target.resolve("backups").resolve(ids().getFirst() + ".json");
    String json = Files.readString(manifest);
    for (String path : List.of("layers/../../canary", "/tmp/canary", "work/canary", "layers//x")) {
      Files.writeString(manifest, json.replace("layers/base.qcow2", path));
      assertThat(restore(1, directory.resolve("restored"), "--master-key", key))
          .as(path)
          .contains("its manifest can't be read")
          .contains("can't be restored");
    }
    Files.writeString(manifest, json.substring(0, json.length() / 2));
    assertThat(restore(1, directory.resolve("restored"), "--master-key", key))
        .contains("is damaged: its manifest can't be read");
    assertThat(backup(1, "--check")).contains("its manifest can't be read");
    Files.writeString(manifest, json.replace("\"format\":1", "\"format\":2"));
    assertThat(restore(1, directory.resolve("restored"), "--master-key", key))
        .contains("A newer version of Regild made the backup");
    assertThat(directory.resolve("canary")).doesNotExist();
  }
}
