package dev.regild.disk.upload;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.DisksBusyException;
import dev.regild.disk.GivenRoom;
import dev.regild.disk.NoRoomException;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads to a data directory that are cut off, go on, and become disks. */
class FileUploadsTest {
  private static final String ALICE = "111111111111";
  private static final String BOB = "222222222222";
  private static final DiskQuota PLENTY = new DiskQuota(10, 1L << 30);

  @TempDir Path directory;
  private UploadedDisks disks;
  private FileUploads uploads;
  private byte[] disk;

  @BeforeEach
  void open() throws Exception {
    Path file = directory.resolve("disk.qcow2");
    QemuImg.create(file, DiskFormat.QCOW2, 1 << 20);
    disk = Files.readAllBytes(file);
    restart(Clock.systemUTC());
  }

  private void restart(Clock clock) throws IOException {
    restart(clock, new RoomReservations());
  }

  private void restart(Clock clock, RoomReservations room) throws IOException {
    DiskCheck check = new DiskCheck(DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES);
    disks = new UploadedDisks(directory.resolve("disks"), check, clock, room);
    uploads = new FileUploads(directory.resolve("uploads"), disks, room, clock);
  }

  @Test
  void uploadsThatNobodyGoesOnWithAreRemoved() throws Exception {
    Instant start = Instant.now();
    restart(Clock.fixed(start, ZoneOffset.UTC));
    var _ = begin();
    uploads.removeAbandoned();
    assertThat(uploads.list(ALICE)).hasSize(1);
    restart(Clock.fixed(start.plus(Duration.ofHours(25)), ZoneOffset.UTC));
    uploads.removeAbandoned();
    assertThat(uploads.list(ALICE)).isEmpty();
  }

  @Test
  void aDamagedRecordHidesNoOtherUpload() throws Exception {
    Upload good = begin();
    Upload damaged = begin();
    Path record = directory.resolve("uploads").resolve(damaged.id() + ".upload");
    Files.writeString(record, "{\"account\":");
    assertThat(uploads.list(ALICE)).extracting(Upload::id).containsExactly(good.id());
    assertThat(begin().id()).isNotEqualTo(damaged.id());
    uploads.removeAbandoned();
    assertThat(record).as("kept for somebody to look at").exists();
    assertThatThrownBy(() -> uploads.find(ALICE, damaged.id()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(damaged.id() + ".upload can't be read");
  }

  @Test
  void aBrokenUploadGoesOnAfterARestartWhereItEnded() throws Exception {
    Upload begun = begin();
    assertThatThrownBy(() -> uploads.append(begun, 0, breakingAfter(disk.length / 2), PLENTY))
        .isInstanceOf(IOException.class)
        .hasMessage("the connection broke");
    restart(Clock.systemUTC());
    Upload half = uploads.find(ALICE, begun.id()).orElseThrow();
    assertThat(half.received()).isEqualTo(disk.length / 2);
    assertThat(uploads.list(ALICE)).containsExactly(half);
    Upload whole = uploads.append(half, half.received(), rest(disk.length / 2), PLENTY);
    UploadedDisk made = uploads.finish(whole, PLENTY);
    assertThat(made.id()).isEqualTo(begun.id());
    assertThat(Sha256.of(disks.path(made))).isEqualTo(made.sha256());
    assertThat(Files.readAllBytes(disks.path(made))).isEqualTo(disk);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(disks.path(made))))
        .isEqualTo("rw-------");
    assertThat(uploads.finish(whole, PLENTY)).isEqualTo(made);
    assertThat(left()).isEmpty();
  }

  @Test
  void bytesForAnotherPlaceAreRefusedAndNothingChanges() throws Exception {
    Upload begun = begin();
    assertThatThrownBy(() -> uploads.append(begun, 5, rest(0), PLENTY))
        .isInstanceOfSatisfying(UploadOffsetException.class, e -> assertThat(e.received()).isZero())
        .hasMessageContaining("has 0 bytes");
    assertThat(uploads.append(begun, 0, rest(0), PLENTY).received()).isEqualTo(disk.length);
  }

  @Test
  void aLaterRequestTakesThePlaceOfOneWhoseConnectionHangs() throws Exception {
    // Both have the same room.
    restart(Clock.systemUTC(), GivenRoom.of(() -> disk.length + 1000L));
    Upload begun = begin();
    PipedOutputStream hanging = new PipedOutputStream();
    PipedInputStream stream = new PipedInputStream(hanging);
    CompletableFuture<Throwable> first = new CompletableFuture<>();
    Thread.startVirtualThread(() -> {
      try {
        first.complete(new AssertionError(uploads.append(begun, 0, stream, PLENTY).toString()));
      } catch (Exception e) {
        first.complete(e);
      }
    });
    hanging.write(disk, 0, 100);
    hanging.flush();
    while (!Files.exists(directory.resolve("uploads").resolve(begun.id() + ".part"))) {
      Thread.sleep(5);
    }
    assertThat(uploads.append(begun, 0, rest(0), PLENTY).received()).isEqualTo(disk.length);
    try (hanging) {
      hanging.write(new byte[1000]);
    } catch (IOException e) {
      // Its reader has noticed by itself.
    }
    assertThat(first.get())
        .isInstanceOf(UploadOffsetException.class)
        .hasMessageContaining("Another request sends the upload " + begun.id());
    UploadedDisk made = uploads.finish(uploads.find(ALICE, begun.id()).orElseThrow(), PLENTY);
    assertThat(Files.readAllBytes(disks.path(made))).isEqualTo(disk);
  }

  @Test
  void aRefusedRequestLeavesTheOneThatAppendsAlone() throws Exception {
    Upload begun = begin();
    InputStream stream =
        new ByteArrayInputStream(disk) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            assertThatThrownBy(() -> uploads.append(begun, 5, rest(0), PLENTY))
                .isInstanceOf(UploadOffsetException.class);
            return super.read(into, offset, Math.min(length, disk.length / 2));
          }
        };
    assertThat(uploads.append(begun, 0, stream, PLENTY).received()).isEqualTo(disk.length);
  }

  @Test
  void anUploadOutlivesADiskThatCouldNotBeRecorded() throws Exception {
    Upload whole = uploads.append(begin(), 0, rest(0), PLENTY);
    Path inTheWay = directory.resolve("disks").resolve(whole.id() + ".new");
    Files.createFile(inTheWay);
    assertThatThrownBy(() -> uploads.finish(whole, PLENTY)).isInstanceOf(IOException.class);
    Files.delete(inTheWay);
    UploadedDisk made = uploads.finish(whole, PLENTY);
    assertThat(Files.readAllBytes(disks.path(made))).isEqualTo(disk);
  }

  @Test
  void anUploadWhoseBytesAreLostIsRemovedAndSaysSo() throws Exception {
    Upload whole = uploads.append(begin(), 0, rest(0), PLENTY);
    Files.delete(directory.resolve("uploads").resolve(whole.id() + ".part"));
    assertThatThrownBy(() -> uploads.finish(whole, PLENTY)).hasMessageContaining("Begin another");
    assertThat(uploads.find(ALICE, whole.id())).isEmpty();
  }

  @Test
  void whatIsNoDiskIsRefusedAndLeavesNothing() throws Exception {
    byte[] text = "no disk, but a text".getBytes(US_ASCII);
    Upload begun = uploads.begin(ALICE, PLENTY, OptionalLong.of(text.length));
    assertThatThrownBy(() -> uploads.append(begun, 0, new ByteArrayInputStream(text), PLENTY))
        .isInstanceOf(UnfitDiskException.class);
    assertThat(left()).isEmpty();
    Upload damaged = uploads.begin(ALICE, PLENTY, OptionalLong.of(disk.length));
    byte[] bytes = disk.clone();
    Arrays.fill(bytes, 8, 16, (byte) 1);
    Upload whole = uploads.append(damaged, 0, new ByteArrayInputStream(bytes), PLENTY);
    assertThatThrownBy(() -> uploads.finish(whole, PLENTY)).isInstanceOf(UnfitDiskException.class);
    assertThat(uploads.find(ALICE, damaged.id())).isEmpty();
    assertThat(disks.list(ALICE)).isEmpty();
  }

  @Test
  void moreThanWasDeclaredIsRefused() throws Exception {
    Upload begun = uploads.begin(ALICE, PLENTY, OptionalLong.of(disk.length - 1));
    assertThatThrownBy(() -> uploads.append(begun, 0, rest(0), PLENTY))
        .hasMessageContaining("longer than the declared");
  }

  @Test
  void whatIsDeclaredCountsInTheQuota() throws Exception {
    DiskQuota quota = new DiskQuota(10, disk.length + 10L);
    var _ = uploads.begin(ALICE, quota, OptionalLong.of(disk.length));
    assertThatThrownBy(() -> uploads.begin(ALICE, quota, OptionalLong.of(disk.length)))
        .isInstanceOf(DiskQuotaException.class);
    assertThat(uploads.begin(BOB, quota, OptionalLong.of(disk.length)).received()).isZero();
    for (int i = 1; i < FileUploads.MOST; i++) {
      var _ = uploads.begin(ALICE, PLENTY, OptionalLong.of(10));
    }
    assertThatThrownBy(() -> uploads.begin(ALICE, PLENTY, OptionalLong.of(10)))
        .isInstanceOf(DisksBusyException.class)
        .hasMessageContaining("Complete or discard one");
  }

  @Test
  void whatHasComeNeedsNoRoomOnceMore() throws Exception {
    AtomicLong free = new AtomicLong(2L * disk.length + 100);
    restart(Clock.systemUTC(), GivenRoom.of(free::get));
    Upload first = begin();
    assertThatThrownBy(() -> uploads.begin(ALICE, PLENTY, OptionalLong.of(disk.length + 200L)))
        .isInstanceOf(NoRoomException.class);
    var _ = uploads.append(first, 0, rest(0), PLENTY);
    free.set(free.get() - disk.length);
    assertThat(begin().received()).isZero();
  }

  @Test
  void anotherAccountsUploadIsAsGoodAsNone() throws Exception {
    Upload begun = begin();
    assertThat(uploads.find(BOB, begun.id())).isEmpty();
    assertThat(uploads.find(ALICE, "../" + begun.id())).isEmpty();
    assertThat(uploads.list(BOB)).isEmpty();
  }

  @Test
  void anUploadThatNobodyGoesOnWithIsRemoved() throws Exception {
    Upload begun = begin();
    Instant later = Instant.now().plus(FileUploads.LONGEST_SILENCE).plusSeconds(60);
    Files.createFile(directory.resolve("uploads").resolve("." + begun.id() + ".upload.x.part"));
    restart(Clock.systemUTC());
    assertThat(left())
        .containsExactly(directory.resolve("uploads").resolve(begun.id() + ".upload"));
    restart(Clock.fixed(later, ZoneOffset.UTC));
    assertThat(left()).isEmpty();
  }

  @Test
  void anUploadThatNobodyGoesOnWithMakesRoomForTheNext() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    InstantSource source = now::get;
    restart(source.withZone(ZoneOffset.UTC));
    Upload begun = begin();
    now.set(now.get().plus(FileUploads.LONGEST_SILENCE).plusSeconds(60));
    var _ = uploads.begin(BOB, PLENTY, OptionalLong.of(disk.length));
    assertThat(uploads.find(ALICE, begun.id())).isEmpty();
  }

  private Upload begin() throws Exception {
    return uploads.begin(ALICE, PLENTY, OptionalLong.of(disk.length));
  }

  private InputStream rest(int from) {
    return new ByteArrayInputStream(disk, from, disk.length - from);
  }

  private InputStream breakingAfter(int bytes) {
    return new SequenceInputStream(
        new ByteArrayInputStream(disk, 0, bytes),
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("the connection broke");
          }

          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            return read();
          }
        });
  }

  private List<Path> left() throws IOException {
    try (var files = Files.list(directory.resolve("uploads"))) {
      return files.toList();
    }
  }
}
