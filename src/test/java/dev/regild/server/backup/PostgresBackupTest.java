package dev.regild.server.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.MasterKey;
import dev.regild.db.PostgresAddress;
import dev.regild.fixtures.PostgresCluster;
import dev.regild.fixtures.TestDatabases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a registry that several nodes share. */
class PostgresBackupTest {
  private static final String NAME = "backed_up";

  @RegisterExtension static final Cluster CLUSTER = new Cluster();

  @TempDir Path directory;
  private PostgresAddress address;

  /** The cluster of the run. */
  static final class Cluster implements BeforeAllCallback {
    private PostgresCluster cluster;

    @Override
    public void beforeAll(ExtensionContext context) {
      cluster = TestDatabases.cluster(context);
    }
  }

  @BeforeEach
  void make() throws Exception {
    CLUSTER.cluster.execute("CREATE DATABASE %s TEMPLATE regild_template".formatted(NAME));
    address = CLUSTER.cluster.address(NAME);
  }

  @AfterEach
  void drop() throws Exception {
    CLUSTER.cluster.execute("DROP DATABASE %s WITH (FORCE)".formatted(NAME));
  }

  @Test
  void twoNodesMakeNoBackupAtOneTime() throws Exception {
    Path data = Files.createDirectory(directory.resolve("second-node"));
    var _ = MasterKey.load(data.resolve("master.key"), Optional.empty());
    Path target = directory.resolve("backups");
    Backup second =
        new Backup(
            data,
            Optional.of(address),
            Optional.empty(),
            new DirectoryTarget(target),
            new Backup.Options(false, 0, "test"),
            (what, done) -> {},
            Clock.systemUTC());
    try (BackupLock first = RegistryCopy.source(directory, Optional.of(address)).lock()) {
      assertThatThrownBy(second::run)
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("Another node is making a backup of the registry in ")
          .hasMessageEndingWith("Wait until it has finished.");
      assertThat(target).doesNotExist();
      first.requireHeld();
    }
    try (BackupLock next = RegistryCopy.source(data, Optional.of(address)).lock()) {
      next.requireHeld();
    }
  }

  @Test
  void aFullDatabaseIsRefusedBeforeAnythingIsCopied() throws Exception {
    MasterKey masterKey = MasterKey.load(directory.resolve("master.key"), Optional.empty());
    DirectoryTarget source = new DirectoryTarget(directory.resolve("backups"));
    source.claim("registry");
    source.removeUnfinished();
    String id = "20260102T030405Z";
    source.add(
        new Manifest(
            Manifest.FORMAT,
            id,
            Instant.parse("2026-01-02T03:04:05Z"),
            "test",
            "registry",
            Manifest.DatabaseKind.POSTGRESQL,
            masterKey.sealFile(id, id.getBytes(US_ASCII)),
            List.of()));
    Path restored = directory.resolve("restored");
    Restore restore =
        new Restore(
            source,
            restored,
            Optional.of(masterKey),
            Optional.of(address),
            Optional.empty(),
            (what, done) -> {});
    assertThatThrownBy(() -> restore.run(Optional.empty()))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("is not empty")
        .hasMessageEndingWith("Name a new database.");
    assertThat(restored).doesNotExist();
  }

  @Test
  void anIpv6AddressHasNoBracketsForThePrograms() {
    String[] hosts = {"[fd00::5]", "db.example.com"};
    assertThat(hosts)
        .extracting(host ->
            PostgresPrograms.host(
                PostgresAddress.parse("postgresql://regild@" + host + "/regild", Map.of())
                    .orElseThrow()))
        .containsExactly("fd00::5", "db.example.com");
  }

  @Test
  void aLockThatWasLostIsNoticed() throws Exception {
    try (BackupLock lock = RegistryCopy.source(directory, Optional.of(address)).lock()) {
      CLUSTER.cluster.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"
              .formatted(NAME));
      assertThatThrownBy(lock::requireHeld)
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("was lost during the backup");
    }
  }
}
