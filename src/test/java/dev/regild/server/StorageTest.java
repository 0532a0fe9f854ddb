package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.account.MasterKey;
import dev.regild.db.Database;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.upload.BorrowedDisk;
import dev.regild.disk.upload.DiskQuota;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.fixtures.TestDatabases;
import dev.regild.job.node.Turns;
import dev.regild.server.config.Config;
import dev.regild.store.MemoryS3;
import dev.regild.store.StoreException;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that a data directory has when its server gets a store. */
class StorageTest {
  private static final String ALICE = "111111111111";
  private static final String BOB = "222222222222";
  private static final DiskQuota PLENTY = new DiskQuota(100, 1L << 40);
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-30T10:00:00Z"), ZoneOffset.UTC);

  @TempDir Path data;
  private final byte[] content = content();
  private Path disks;
  private Database database;
  private MemoryS3 server;
  private UploadedDisk uploaded;
  private UploadedDisk exported;

  @BeforeEach
  void keepDisksHere() throws Exception {
    disks = data.resolve("disks");
    database = TestDatabases.open(data.resolve("regild.db"));
    server = new MemoryS3();
    try (Storage before = storage(Map.of())) {
      uploaded =
          before
              .disks()
              .receive(ALICE, PLENTY, new ByteArrayInputStream(content), OptionalLong.empty());
      exported =
          before
              .disks()
              .export(
                  DiskStore.newId(),
                  BOB,
                  DiskFormat.RAW,
                  _ -> {},
                  file -> Files.writeString(file, "RAW"));
    }
  }

  @AfterEach
  void close() {
    server.close();
    database.close();
  }

  /** A raw disk with an empty partition table. */
  private static byte[] content() {
    byte[] disk = new byte[1 << 20];
    disk[510] = 0x55;
    disk[511] = (byte) 0xAA;
    return disk;
  }

  private Storage storage(Map<String, String> flags) throws Exception {
    return Storage.open(
        Config.read(Optional.empty(), Map.of(), flags),
        data,
        database,
        MasterKey.load(data.resolve("master.key"), Optional.empty()),
        new DiskCheck(1L << 40),
        new RoomReservations(),
        Turns.ALONE,
        CLOCK);
  }

  private Storage withStore() throws Exception {
    return storage(
        Map.of(
            "store", "s3://images/regild",
            "store.endpoint", server.endpoint().toString(),
            "store.patience", "1s"));
  }

  @Test
  void theDisksGoIntoTheStoreAsTheyAre() throws Exception {
    try (Storage storage = withStore()) {
      assertThat(storage.disks().list(ALICE)).containsExactly(uploaded);
      assertThat(storage.disks().list(BOB)).containsExactly(exported);
      try (BorrowedDisk borrowed = storage.disks().borrow(uploaded)) {
        assertThat(borrowed.file()).hasBinaryContent(content);
      }
    }
    assertThat(disks).isEmptyDirectory();
  }

  @Test
  void aMoveThatWasCutOffGoesOn() throws Exception {
    Path kept = data.resolve("kept");
    Files.copy(disks.resolve(uploaded.id() + ".disk"), kept);
    Files.copy(disks.resolve(uploaded.id() + ".json"), data.resolve("kept.json"));
    server.refusing = true;
    assertThatThrownBy(this::withStore).isInstanceOf(StoreException.class);
    assertThat(disks.resolve(uploaded.id() + ".disk")).hasBinaryContent(content);
    server.refusing = false;
    withStore().close();
    // Killed between the row and the removal of the file; then the object was damaged.
    Files.copy(kept, disks.resolve(uploaded.id() + ".disk"));
    Files.copy(data.resolve("kept.json"), disks.resolve(uploaded.id() + ".json"));
    server.objects.replaceAll((key, object) -> key.contains(uploaded.id()) ? new byte[3] : object);
    try (Storage storage = withStore();
        BorrowedDisk borrowed = storage.disks().borrow(uploaded)) {
      assertThat(storage.disks().list(ALICE)).containsExactly(uploaded);
      assertThat(borrowed.file()).hasBinaryContent(content);
    }
    assertThat(disks).isEmptyDirectory();
  }

  @Test
  void aDamagedDiskStaysAndTheServerStarts() throws Exception {
    Files.writeString(disks.resolve(exported.id() + ".disk"), "WAR");
    try (Storage storage = withStore()) {
      assertThat(storage.disks().list(ALICE)).containsExactly(uploaded);
      assertThat(storage.disks().list(BOB)).isEmpty();
    }
    assertThat(disks.resolve(exported.id() + ".disk")).hasContent("WAR");
  }
}
