package dev.regild.disk.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.layers.NodeCache;
import dev.regild.files.Sha256;
import dev.regild.fixtures.TestDatabases;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.FaultyLink;
import dev.regild.store.HalfUpload;
import dev.regild.store.ObjectStore;
import dev.regild.store.S3Proxy;
import dev.regild.store.StoreException;
import dev.regild.store.StoreLimits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Disks of a real S3 server, as two nodes see them that share it and the database. */
@ExtendWith(TestDatabases.class)
class ObjectDiskStoreIT {
  private static final String ALICE = "111111111111";
  private static final String BOB = "222222222222";
  private static final DiskQuota PLENTY = new DiskQuota(100, 1L << 40);
  private static final StoreLimits LIMITS =
      new StoreLimits(Duration.ofSeconds(3), Duration.ofSeconds(2), 1 << 10);

  @TempDir static Path serverDirectory;
  private static S3Proxy server;

  @TempDir Path directory;
  private final String prefix = UUID.randomUUID().toString();
  private final List<ObjectStore> stores = new ArrayList<>();
  private final byte[] disk = disk(40 << 20, 1);
  private Database database;
  private ObjectDiskStore here;
  private ObjectDiskStore there;

  @BeforeAll
  static void start() throws Exception {
    server = S3Proxy.start(serverDirectory);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    here = node("here", server.endpoint());
    there = node("there", server.endpoint());
  }

  @AfterEach
  void close() {
    stores.forEach(ObjectStore::close);
    database.close();
  }

  private ObjectDiskStore node(String name, URI endpoint) throws Exception {
    ObjectStore objects = S3Proxy.store(endpoint, prefix, LIMITS);
    stores.add(objects);
    Path data = Files.createDirectories(directory.resolve(name));
    RoomReservations room = new RoomReservations();
    return new ObjectDiskStore(
        database,
        objects,
        new NodeCache(data.resolve("cache"), 1L << 30, room),
        data.resolve("arriving"),
        new DiskCheck(1L << 40),
        Clock.systemUTC(),
        room);
  }

  /** A raw disk with an empty partition table. */
  private static byte[] disk(int bytes, int seed) {
    byte[] disk = new byte[bytes];
    new Random(seed).nextBytes(disk);
    Arrays.fill(disk, 0, 512, (byte) 0);
    disk[510] = 0x55;
    disk[511] = (byte) 0xAA;
    return disk;
  }

  private static InputStream stream(byte[] bytes, int first, int end) {
    return new ByteArrayInputStream(bytes, first, end - first);
  }

  /** A stream that breaks off at its end. */
  private static InputStream breaking(InputStream stream) {
    return new SequenceInputStream(
        stream,
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("the connection was lost");
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            return read();
          }
        });
  }

  private UploadedDisk received(byte[] content) throws Exception {
    return here.receive(
        ALICE, PLENTY, new ByteArrayInputStream(content), OptionalLong.of(content.length));
  }

  private List<HalfUpload> halfUploads() throws Exception {
    List<HalfUpload> found = new ArrayList<>();
    stores.getFirst().uploads().list("", found::addAll);
    return found;
  }

  private void assertOneObject(UploadedDisk made) throws Exception {
    assertThat(server.files(prefix)).singleElement().asString().contains("/disks/" + made.id());
    assertThat(halfUploads()).isEmpty();
    assertThat(directory.resolve("here/arriving")).isEmptyDirectory();
    assertThat(directory.resolve("there/arriving")).isEmptyDirectory();
  }

  @Test
  void anUploadThatBreaksGoesOnAtAnotherNode() throws Exception {
    Upload upload = here.uploads().begin(ALICE, PLENTY, OptionalLong.of(disk.length));
    int broke = 22 << 20;
    assertThatThrownBy(
            () -> here.uploads().append(upload, 0, breaking(stream(disk, 0, broke)), PLENTY))
        .hasMessage("the connection was lost");
    Upload so = there.uploads().find(ALICE, upload.id()).orElseThrow();
    // A whole part, and a broken one that the store takes.
    assertThat(so.received()).isEqualTo(broke);
    assertThat(there.uploads().find(BOB, upload.id())).isEmpty();
    Upload whole = there.uploads().append(so, broke, stream(disk, broke, disk.length), PLENTY);
    UploadedDisk made = there.finish(whole, PLENTY);
    assertThat(made.sha256()).isEqualTo(Sha256.of(disk));
    assertThat(made.format()).isEqualTo(DiskFormat.RAW);
    assertThat(here.find(ALICE, made.id())).contains(made);
    assertThat(here.find(BOB, made.id())).isEmpty();
    assertThat(here.list(ALICE)).containsExactly(made);
    assertThat(here.finish(whole, PLENTY)).isEqualTo(made);
    assertOneObject(made);
    try (BorrowedDisk borrowed = here.borrow(made)) {
      assertThat(borrowed.file()).hasBinaryContent(disk);
    }
  }

  @Test
  void lessThanAPartThatBreaksIsSentAgain() throws Exception {
    Upload upload = here.uploads().begin(ALICE, PLENTY, OptionalLong.of(disk.length));
    assertThatThrownBy(
            () -> here.uploads().append(upload, 0, breaking(stream(disk, 0, 4 << 20)), PLENTY))
        .hasMessage("the connection was lost");
    assertThat(there.uploads().find(ALICE, upload.id()).orElseThrow().received()).isZero();
    assertThatThrownBy(() -> there.uploads().append(upload, 4 << 20, stream(disk, 0, 1), PLENTY))
        .isInstanceOfSatisfying(UploadOffsetException.class, e -> assertThat(e.received()).isZero())
        .hasMessageContaining("has 0 bytes, so the next bytes do not belong at 4194304");
    there.uploads().discard(upload);
    assertThat(halfUploads()).isEmpty();
    assertThat(here.uploads().list(ALICE)).isEmpty();
  }

  @Test
  void ofTwoNodesThatAppendToOneUploadTheLaterOneGoesOn() throws Exception {
    Upload upload = here.uploads().begin(ALICE, PLENTY, OptionalLong.of(disk.length));
    byte[] other = disk(40 << 20, 2);
    CountDownLatch read = new CountDownLatch(1);
    CountDownLatch overtaken = new CountDownLatch(1);
    InputStream halting =
        new SequenceInputStream(
            stream(other, 0, 10 << 20),
            new InputStream() {
              private final InputStream rest = stream(other, 10 << 20, other.length);

              @Override
              public int read() {
                throw new UnsupportedOperationException();
              }

              @Override
              public int read(byte[] buffer, int offset, int length) throws IOException {
                read.countDown();
                try {
                  overtaken.await();
                } catch (InterruptedException e) {
                  throw new IOException(e);
                }
                return rest.read(buffer, offset, length);
              }
            });
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Upload> early =
          executor.submit(() -> here.uploads().append(upload, 0, halting, PLENTY));
      read.await();
      Upload whole = there.uploads().append(upload, 0, stream(disk, 0, disk.length), PLENTY);
      overtaken.countDown();
      assertThatThrownBy(early::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(UploadOffsetException.class)
          .hasMessageContaining("Another request appends to the upload " + upload.id());
      UploadedDisk made = there.finish(whole, PLENTY);
      assertThat(made.sha256()).isEqualTo(Sha256.of(disk));
      assertOneObject(made);
    }
  }

  @Test
  void aPackedDiskIsKeptUnpacked() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(disk, 0, 1 << 20);
    }
    UploadedDisk made = received(packed.toByteArray());
    assertThat(made.bytes()).isEqualTo(1 << 20);
    assertThat(made.sha256()).isEqualTo(Sha256.of(Arrays.copyOf(disk, 1 << 20)));
    assertThat(made.packed().orElseThrow().sha256()).isEqualTo(Sha256.of(packed.toByteArray()));
    assertThat(there.find(ALICE, made.id())).contains(made);
    assertOneObject(made);
  }

  @Test
  void whatIsNoDiskOrTooMuchLeavesNothing() throws Exception {
    byte[] noDisk = new byte[2 << 20];
    new Random(3).nextBytes(noDisk);
    assertThatThrownBy(() -> received(noDisk)).isInstanceOf(UnfitDiskException.class);
    assertThatThrownBy(() -> received(new byte[0])).isInstanceOf(UnfitDiskException.class);
    Upload refused = here.uploads().begin(ALICE, PLENTY, OptionalLong.of(noDisk.length));
    assertThatThrownBy(
            () -> there.uploads().append(refused, 0, new ByteArrayInputStream(noDisk), PLENTY))
        .isInstanceOf(UnfitDiskException.class);
    assertThat(here.uploads().find(ALICE, refused.id())).isEmpty();
    assertThatThrownBy(() ->
            here.receive(ALICE, PLENTY, stream(disk, 0, 1 << 20), OptionalLong.of(disk.length)))
        .hasMessageContaining("ended after 0 of 41943040 bytes");
    DiskQuota one = new DiskQuota(1, 1L << 40);
    Upload promised = there.uploads().begin(ALICE, one, OptionalLong.of(10));
    assertThatThrownBy(() -> here.uploads().begin(ALICE, one, OptionalLong.of(10)))
        .isInstanceOf(DiskQuotaException.class)
        .hasMessageContaining("The quota of disks is 1");
    there.uploads().discard(promised);
    DiskQuota small = new DiskQuota(5, 20 << 20);
    assertThatThrownBy(
            () -> here.receive(ALICE, small, new ByteArrayInputStream(disk), OptionalLong.empty()))
        .isInstanceOf(DiskQuotaException.class);
    assertThat(server.files(prefix + "/disks")).isEmpty();
    assertThat(halfUploads()).isEmpty();
    assertThat(here.uploads().list(ALICE)).isEmpty();
    assertThat(here.list(ALICE)).isEmpty();
  }

  @Test
  void aByteThatChangedInTheStoreIsAnErrorThatNamesTheDisk() throws Exception {
    UploadedDisk made = received(disk);
    Path object = server.file(server.files(prefix).getFirst());
    byte[] content = Files.readAllBytes(object);
    content[content.length - 1] ^= 1;
    Files.write(object, content);
    assertThatThrownBy(() -> there.borrow(made))
        .isInstanceOf(ChangedObjectException.class)
        .hasMessageContaining("The disk %s was changed in the store".formatted(made.id()));
    assertThat(directory.resolve("there/cache")).isEmptyDirectory();
  }

  @Test
  void anExportIsThereForAllNodesAndItsAttemptsDoNotMix() throws Exception {
    String id = DiskStore.newId();
    UploadedDisk first =
        here.export(
            id, ALICE, DiskFormat.RAW, database::useTransaction, file -> Files.write(file, disk));
    assertThat(there.find(ALICE, id)).contains(first);
    there.removeUpload(id);
    assertThat(there.find(ALICE, id)).isPresent();
    byte[] other = disk.clone();
    other[disk.length - 1] ^= 1;
    UploadedDisk[] later = new UploadedDisk[1];
    assertThatThrownBy(() ->
            here.export(
                id,
                ALICE,
                DiskFormat.RAW,
                _ -> {
                  throw new IllegalStateException("another attempt has begun");
                },
                file -> {
                  // While this attempt was frozen, another one ran to its end.
                  later[0] =
                      there.export(
                          id,
                          ALICE,
                          DiskFormat.RAW,
                          database::useTransaction,
                          next -> Files.write(next, other));
                  Files.write(file, disk);
                }))
        .hasMessage("another attempt has begun");
    assertThat(there.find(ALICE, id)).contains(later[0]);
    UploadedDisk exported = there.find(ALICE, id).orElseThrow();
    try (BorrowedDisk borrowed = here.borrow(exported)) {
      assertThat(borrowed.file()).hasBinaryContent(other);
    }
    here.delete(id);
    assertThat(there.list(ALICE)).isEmpty();
  }

  @Test
  void aStoreThatFailsInMidUploadSaysSoAndTheUploadGoesOnLater() throws Exception {
    try (FaultyLink link = new FaultyLink(server.port())) {
      ObjectDiskStore unlucky = node("unlucky", link.endpoint());
      for (FaultyLink.Fault fault :
          List.of(
              new FaultyLink.Fault.Answers(500, "InternalError", "We are sorry."),
              new FaultyLink.Fault.Answers(503, "SlowDown", "Please reduce your request rate."),
              new FaultyLink.Fault.Answers(507, "InsufficientStorage", "The disk is full."),
              new FaultyLink.Fault.Away())) {
        link.set(new FaultyLink.Fault.None());
        Upload upload = unlucky.uploads().begin(ALICE, PLENTY, OptionalLong.of(disk.length));
        Upload half = unlucky.uploads().append(upload, 0, stream(disk, 0, 16 << 20), PLENTY);
        link.set(fault);
        assertThatThrownBy(() ->
                unlucky
                    .uploads()
                    .append(half, 16 << 20, stream(disk, 16 << 20, disk.length), PLENTY))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("could not write part")
            .hasMessageContaining(
                fault instanceof FaultyLink.Fault.Answers answer ? answer.message() : "");
        assertThat(here.list(ALICE)).isEmpty();
        Upload whole =
            here.uploads().append(half, 16 << 20, stream(disk, 16 << 20, disk.length), PLENTY);
        UploadedDisk made = here.finish(whole, PLENTY);
        assertThat(made.sha256()).isEqualTo(Sha256.of(disk));
        here.delete(made.id());
      }
    }
  }
}
