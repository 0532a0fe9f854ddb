package dev.regild.disk.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.ByteCount;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.GivenRoom;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.Listing;
import dev.regild.files.Sha256;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadedDisksTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);

  private static final String ALICE = "111111111111";
  private static final String BOB = "222222222222";

  private static final DiskQuota PLENTY = new DiskQuota(100, 1L << 62);

  @TempDir Path directory;
  private UploadedDisks disks;
  private byte[] disk;

  @BeforeEach
  void makeDisk() throws Exception {
    disks = open(directory);
    disk = new byte[3 << 20];
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
  }

  private static UploadedDisks open(Path directory) throws Exception {
    return new UploadedDisks(directory, new DiskCheck(1L << 40), CLOCK, new RoomReservations());
  }

  @Test
  void aDiskIsKeptPrivatelyWithItsRecord() throws Exception {
    UploadedDisk received = disks.receive(ALICE, PLENTY, stream(), OptionalLong.of(disk.length));
    assertThat(received.id()).matches("ami-[0-9a-f]{17}");
    assertThat(received.format()).isEqualTo(DiskFormat.RAW);
    assertThat(received.bytes()).isEqualTo(disk.length);
    assertThat(received.received()).isEqualTo(CLOCK.instant());
    assertThat(disks.path(received)).hasBinaryContent(disk);
    assertThat(received.sha256()).isEqualTo(Sha256.interruptibly(disks.path(received)));
    for (String name : Listing.names(directory)) {
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(name))))
          .isEqualTo("rw-------");
    }
    UploadedDisks reopened = open(directory);
    assertThat(reopened.find(ALICE, received.id())).contains(received);
    assertThat(reopened.list(ALICE)).containsExactly(received);
    reopened.delete(received.id());
    assertThat(reopened.find(ALICE, received.id())).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void anUploadOfUnknownLengthIsTaken() throws Exception {
    assertThat(disks.receive(ALICE, PLENTY, stream(), OptionalLong.empty()).bytes())
        .isEqualTo(disk.length);
  }

  @Test
  void aShortALongAndABrokenUploadLeaveNothing() {
    assertThatThrownBy(
            () -> disks.receive(ALICE, PLENTY, stream(), OptionalLong.of(disk.length + 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ended after 3145728 of 3145729 bytes");
    assertThatThrownBy(
            () -> disks.receive(ALICE, PLENTY, stream(), OptionalLong.of(disk.length - 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("longer than the declared");
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("connection reset");
          }

          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            return read();
          }
        };
    assertThatThrownBy(() ->
            disks.receive(
                ALICE,
                PLENTY,
                new SequenceInputStream(stream(), broken),
                OptionalLong.of(1L << 23)))
        .hasMessageContaining("connection reset");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void whatIsNoDiskLeavesNothing() {
    disk[511] = 0;
    assertThatThrownBy(() -> disks.receive(ALICE, PLENTY, stream(), OptionalLong.empty()))
        .isInstanceOf(UnfitDiskException.class);
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aDiskForWhichThereIsNoRoomIsRefusedUnread() {
    assertThatThrownBy(() -> disks.receive(ALICE, PLENTY, unread(), OptionalLong.of(1L << 61)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has no room for ");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void whatABrokenUploadHasLeftIsRemovedOnOpening() throws Exception {
    Files.write(directory.resolve("ami-0123456789abcdef0.disk"), disk);
    Files.writeString(directory.resolve("ami-0123456789abcdef0.new"), "{");
    assertThat(open(directory).list(ALICE)).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aDiskIsItsOwnersAlone() throws Exception {
    UploadedDisk received = disks.receive(ALICE, PLENTY, stream(), OptionalLong.empty());
    assertThat(disks.find(BOB, received.id())).isEmpty();
    assertThat(disks.list(BOB)).isEmpty();
    assertThat(disks.list(ALICE)).containsExactly(received);
  }

  @Test
  void aDiskOfAnEarlierVersionIsNobodysAndIsRemovedOnOpening() throws Exception {
    Files.write(directory.resolve("ami-0123456789abcdef0.disk"), disk);
    Files.writeString(
        directory.resolve("ami-0123456789abcdef0.json"), "{\"id\":\"ami-0123456789abcdef0\"}");
    assertThat(open(directory).list(ALICE)).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void anExportedDiskStaysWhenAnUploadedOneGoes() throws Exception {
    UploadedDisk uploaded = disks.receive(ALICE, PLENTY, stream(), OptionalLong.empty());
    String id = DiskStore.newId();
    UploadedDisk exported =
        disks.export(id, ALICE, DiskFormat.RAW, _ -> {}, file -> Files.write(file, disk));
    assertThat(exported.sha256()).isEqualTo(uploaded.sha256());
    disks.removeUpload(uploaded.id());
    disks.removeUpload(exported.id());
    assertThat(disks.list(ALICE)).containsExactly(exported);
    assertThatThrownBy(() ->
            disks.export(
                id,
                ALICE,
                DiskFormat.RAW,
                _ -> {},
                file -> {
                  throw new IOException("no room");
                }))
        .hasMessageContaining("no room");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void anIdOfAnotherFormIsUnknown() throws Exception {
    assertThat(disks.find(ALICE, "../../etc/passwd")).isEmpty();
  }

  @Test
  void anUploadBeyondTheQuotaIsRefusedUnread() throws Exception {
    DiskQuota two = new DiskQuota(2, 2L * disk.length);
    var _ = disks.receive(ALICE, two, stream(), OptionalLong.of(disk.length));
    assertThatThrownBy(() -> disks.receive(ALICE, two, unread(), OptionalLong.of(disk.length + 1)))
        .isInstanceOf(DiskQuotaException.class)
        .hasMessageContaining("the account " + ALICE + " would have more (it has 3 MiB)");
    var _ = disks.receive(ALICE, two, stream(), OptionalLong.of(disk.length));
    assertThatThrownBy(() -> disks.receive(ALICE, two, unread(), OptionalLong.empty()))
        .isInstanceOf(DiskQuotaException.class)
        .hasMessage(
            "The quota of disks is 2, and the account %s has 2. Delete one, or ask for a"
                + " higher quota.",
            ALICE);
    assertThat(disks.receive(BOB, two, stream(), OptionalLong.empty()).bytes())
        .isEqualTo(disk.length);
    assertThat(Listing.names(directory)).hasSize(6);
  }

  @Test
  void anUploadOfUnknownLengthEndsAtTheQuota() throws Exception {
    AtomicLong taken = new AtomicLong();
    assertThatThrownBy(() ->
            disks.receive(ALICE, new DiskQuota(1, 8L << 20), endless(taken), OptionalLong.empty()))
        .isInstanceOf(DiskQuotaException.class)
        .hasMessageContaining("would have more (it has 0 MiB)");
    assertThat(taken.get()).isLessThanOrEqualTo(9 << 20);
    assertThat(directory).isEmptyDirectory();
    // What was promised to it is free again.
    var _ =
        disks.receive(ALICE, new DiskQuota(1, disk.length), stream(), OptionalLong.of(disk.length));
  }

  @Test
  void twoUploadsCantBothHaveTheLastRoom() throws Exception {
    long free = disk.length + 1000L;
    UploadedDisks tight =
        new UploadedDisks(directory, new DiskCheck(1L << 40), CLOCK, GivenRoom.of(() -> free));
    CountDownLatch firstIsUnderWay = new CountDownLatch(1);
    CountDownLatch secondIsRefused = new CountDownLatch(1);
    InputStream slow =
        new FilterInputStream(stream()) {
          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            firstIsUnderWay.countDown();
            try {
              secondIsRefused.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            return super.read(buffer, offset, length);
          }
        };
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      var first =
          thread.submit(() -> tight.receive(ALICE, PLENTY, slow, OptionalLong.of(disk.length)));
      firstIsUnderWay.await();
      try {
        assertThatThrownBy(() -> tight.receive(BOB, PLENTY, unread(), OptionalLong.of(disk.length)))
            .hasMessageContaining("has no room for " + ByteCount.text(disk.length));
        DiskQuota one = new DiskQuota(1, 1L << 40);
        assertThatThrownBy(() -> tight.receive(ALICE, one, unread(), OptionalLong.empty()))
            .isInstanceOf(DiskQuotaException.class);
        assertThatThrownBy(() -> tight.receive(BOB, PLENTY, stream(), OptionalLong.empty()))
            .hasMessageContaining("no room for");
      } finally {
        secondIsRefused.countDown();
      }
      assertThat(first.get().bytes()).isEqualTo(disk.length);
    }
    assertThat(tight.receive(BOB, PLENTY, stream(), OptionalLong.of(disk.length)).bytes())
        .isEqualTo(disk.length);
  }

  @Test
  void anUploadEndsBeforeTheFileSystemIsFull() throws Exception {
    AtomicLong taken = new AtomicLong();
    // Somebody else fills it meanwhile.
    UploadedDisks shrinking =
        new UploadedDisks(
            directory,
            new DiskCheck(1L << 40),
            CLOCK,
            GivenRoom.of(() -> taken.get() < 40 << 20 ? 1L << 40 : -1));
    assertThatThrownBy(
            () -> shrinking.receive(ALICE, PLENTY, endless(taken), OptionalLong.of(1L << 30)))
        .hasMessageContaining("is filling up")
        .hasMessageContaining("Delete images or disks");
    assertThat(taken.get()).isLessThan(64 << 20);
    assertThat(directory).isEmptyDirectory();
  }

  private static InputStream endless(AtomicLong taken) {
    return new InputStream() {
      @Override
      public int read() {
        throw new AssertionError("read byte by byte");
      }

      @Override
      public int read(byte[] buffer, int offset, int length) {
        if (taken.getAndAdd(length) == 0) {
          // It begins as a disk does.
          buffer[offset + 510] = 0x55;
          buffer[offset + 511] = (byte) 0xaa;
        }
        return length;
      }
    };
  }

  private static InputStream unread() {
    return new InputStream() {
      @Override
      public int read() {
        throw new AssertionError("the stream was read");
      }

      @Override
      public int read(byte[] buffer, int offset, int length) {
        return read();
      }
    };
  }

  private InputStream stream() {
    return new ByteArrayInputStream(disk);
  }
}
