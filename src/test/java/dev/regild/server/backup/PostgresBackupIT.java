package dev.regild.server.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.MasterKey;
import dev.regild.db.PostgresAddress;
import dev.regild.fixtures.PostgresDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a registry that several nodes share. */
class PostgresBackupIT {
  @RegisterExtension final PostgresDatabase postgres = new PostgresDatabase();

  @TempDir Path directory;
  private PostgresAddress address;

  @BeforeEach
  void find() {
    address = postgres.address();
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
  void aLockThatWasLostIsNoticed() throws Exception {
    try (BackupLock lock = RegistryCopy.source(directory, Optional.of(address)).lock()) {
      postgres
          .cluster()
          .execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"
                  .formatted(address.database()));
      assertThatThrownBy(lock::requireHeld)
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("was lost during the backup");
    }
  }
}
