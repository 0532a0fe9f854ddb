package dev.regild.disk.upload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.DisksBusyException;
import dev.regild.disk.GivenRoom;
import dev.regild.disk.NoRoomException;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.Sha256;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Disks packed by the real tools, as they are received and as they are looked at before that. */
class PackedDisksIT {
  private static final String ALICE = "111111111111";
  private static final DiskQuota PLENTY = new DiskQuota(100, 1L << 62);
  private static final int DISK_BYTES = 1 << 20;

  @TempDir Path directory;
  private Path store;
  private UploadedDisks disks;
  private byte[] disk;
  private Path raw;

  @BeforeAll
  static void requireTools() {
    HostTools.assumeInstalled("bash", "bzip2", "gzip", "qemu-img", "tar", "xz", "zstd");
  }

  @BeforeEach
  void makeDisk() throws Exception {
    store = directory.resolve("disks");
    disks = open(new RoomReservations());
    disk = new byte[DISK_BYTES];
    new Random(1).nextBytes(disk);
    Arrays.fill(disk, 0, 1 << 19, (byte) 0);
    Arrays.fill(disk, 5 << 17, 7 << 17, (byte) 0);
    disk[510] = 0x55;
    disk[511] = (byte) 0xaa;
    raw = Files.write(directory.resolve("disk.raw"), disk);
  }

  private UploadedDisks open(RoomReservations room) throws IOException {
    return new UploadedDisks(store, new DiskCheck(1L << 40), Clock.systemUTC(), room);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "gzip → gzip -1 <disk.raw",
        "gzip → head -c 200000 disk.raw | gzip; tail -c +200001 disk.raw | gzip",
        "gzip → gzip <disk.raw; head -c 1000 /dev/zero",
        "xz → xz -1 -T2 --block-size=256KiB <disk.raw",
        "xz → xz -9 <disk.raw",
        "xz → head -c 200000 disk.raw | xz; head -c 8 /dev/zero; tail -c +200001 disk.raw | xz",
        "zstd → zstd -1 <disk.raw",
        "zstd → zstd --ultra -22 --long=27 <disk.raw",
        "zstd → head -c 200000 disk.raw | zstd; tail -c +200001 disk.raw | zstd",
        "zstd → printf 'P*M\\030\\004\\000\\000\\000skip'; zstd <disk.raw",
        "bzip2 → bzip2 <disk.raw",
        "bzip2 → head -c 200000 disk.raw | bzip2; tail -c +200001 disk.raw | bzip2",
        "tar → tar -c disk.raw",
        "tar+gzip → tar --format=oldgnu -Scz disk.raw",
        "tar+gzip → tar --format=gnu -Scz ./disk.raw",
        "tar+xz → tar --format=posix -ScJ disk.raw",
        "tar+gzip → cp --sparse=always disk.raw d.raw; tar --format=oldgnu -Scz d.raw",
        "tar+gzip → cp --sparse=always disk.raw d.raw; tar --format=gnu -Scz d.raw",
        "tar+gzip → cp --sparse=always disk.raw d.raw; tar --format=posix -Scz d.raw",
        "tar → cp --sparse=always disk.raw d.raw; tar --format=posix -Sc d.raw",
        "tar+zstd → tar --format=ustar -c --zstd disk.raw",
        "tar+bzip2 → mkdir d; ln -s /etc/passwd d/link.raw; echo >d/README; cp disk.raw d; tar -cj d"
      })
  void aPackedDiskIsUnpackedAsItComes(String packing, String command) throws Exception {
    Path packed = made("packed", command);
    UploadedDisk received = receive(packed);
    assertThat(disks.path(received)).hasBinaryContent(disk);
    assertThat(received.format()).isEqualTo(DiskFormat.RAW);
    assertThat(received.bytes()).isEqualTo(DISK_BYTES);
    assertThat(received.sha256()).isEqualTo(Sha256.of(raw));
    assertThat(received.packed())
        .contains(
            new UploadedDisk.Packed(
                packing,
                Files.size(packed),
                Sha256.of(packed),
                Optional.empty(),
                Optional.empty()));
    assertThat(open(new RoomReservations()).find(ALICE, received.id())).contains(received);
    assertThat(DiskPreview.of(packed).diskBytes()).isIn((long) DISK_BYTES, Files.size(packed));
  }

  @ParameterizedTest
  @CsvSource({"qcow2, gzip", "vmdk, gzip", "vhdx, zstd", "qcow2, xz"})
  void everyFormatMayBePacked(String format, String tool) throws Exception {
    Path packed =
        made("packed", "qemu-img convert -O %s disk.raw d && %s <d".formatted(format, tool));
    assertThat(receive(packed).format().qemuName()).isEqualTo(format);
    assertThat(DiskPreview.of(packed).machine()).isEmpty();
  }

  @Test
  void holesStayHoles() throws Exception {
    UploadedDisk received = receive(made("packed", "truncate -s 64M disk.raw; xz <disk.raw"));
    assertThat(received.bytes()).isEqualTo(64 << 20);
    String blocks = Program.of("stat", "-c", "%b", disks.path(received).toString()).run().strip();
    assertThat(Long.parseLong(blocks) * 512).isLessThan(DISK_BYTES);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "the gzip data are damaged or truncated → gzip <disk.raw | head -c 200000",
        "the xz data are damaged or truncated → xz <disk.raw | head -c 200000",
        "the zstd data are damaged or truncated → zstd <disk.raw | head -c 200000",
        "the bzip2 data are damaged or truncated → bzip2 <disk.raw | head -c 200000",
        "the gzip data are damaged or truncated → gzip <disk.raw; echo more",
        "the xz data are damaged or truncated → xz <disk.raw; echo more",
        "the zstd data are damaged or truncated → zstd <disk.raw; echo more",
        "the bzip2 data are damaged or truncated → bzip2 <disk.raw; echo more",
        "the tar archive is damaged or truncated → tar -c disk.raw | head -c 200000",
        "other bytes follow the end of the tar archive → tar -c disk.raw; echo more",
        "is not a disk but a gzip archive → xz <disk.raw | gzip | gzip",
        "it is not qcow2, vmdk or vhdx → head -c 2000000 /dev/zero | xz",
        "needs a backing file → qemu-img create -q -f qcow2 -u -b /etc/passwd -F raw d 1G; xz <d",
        "the archive holds several disks (disk.raw, other.img) → cp disk.raw other.img; tar -c disk.raw other.img",
        "the archive holds no disk, but README, b → touch README b; tar -cz README b",
        "the archive holds no disk, but no file → ln -s /etc/passwd a.raw; mkdir b.raw; tar -cz a.raw b.raw",
        "swap.bin in the archive is sparse → truncate -s 3M swap.bin; tar --format=oldgnu -cSz swap.bin disk.raw",
        "swap.bin in the archive is sparse → truncate -s 3M swap.bin; tar --format=gnu -cS disk.raw swap.bin",
        "swap.bin in the archive is sparse → truncate -s 3M swap.bin; tar --format=posix -cSJ swap.bin disk.raw",
        "a.mf in the archive is sparse → truncate -s 3M a.mf; tar -cS disk.raw a.mf",
        "is both compressed and sparse → gzip disk.raw; truncate -s +1M disk.raw.gz; tar -cS disk.raw.gz",
        "the archive holds more than 1000 files → mkdir d; touch d/{1..1001}; tar -cz d",
        "takes 512 MiB of memory or more, and the limit is 128 MiB → xz <disk.raw --lzma2=dict=512MiB,mf=hc3,nice=4,mode=fast",
        "takes 129 MiB of memory or more, and the limit is 128 MiB → zstd --ultra -20 --long=31 <disk.raw"
      })
  void whatCantBeUnpackedIsRefusedAndLeavesNothing(String why, String command) throws Exception {
    Path packed = made("packed", command);
    assertThatThrownBy(() -> receive(packed))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(why);
    assertThat(store).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "SHA1, last, ''",
    "SHA256, last, ''",
    "SHA512, first, ''",
    "SHA256, first, 'gzip'",
    "'', first, ''"
  })
  void theDiskOfAnOvaIsTaken(String digests, String manifest, String packer) throws Exception {
    String file = packer.isEmpty() ? "Web-disk1.vmdk" : "Web-disk1.vmdk.gz";
    descriptor("Web.ovf", file);
    Path ova =
        made(
            "Web.ova",
            """
            qemu-img convert -O vmdk -o subformat=streamOptimized disk.raw Web-disk1.vmdk
            test -z '%2$s' || gzip Web-disk1.vmdk
            echo other >tools.iso
            touch Web.mf
            test -z '%3$s' || for f in Web.ovf %1$s
            do echo "%3$s($f)= $(%4$ssum <$f | cut -d' ' -f1)"; done >Web.mf
            order='Web.ovf Web.mf %1$s tools.iso'
            test %5$s = first || order='Web.ovf %1$s tools.iso Web.mf'
            tar --format=ustar -c $order
            """
                .formatted(
                    file,
                    packer,
                    digests,
                    digests.isEmpty() ? "sha1" : digests.toLowerCase(Locale.ROOT),
                    manifest));
    UploadedDisk received = receive(ova);
    assertThat(received.format()).isEqualTo(DiskFormat.VMDK);
    UploadedDisk.Packed packed = received.packed().orElseThrow();
    assertThat(packed.packing()).isEqualTo("ova");
    assertThat(packed.name()).contains("Web & Mail");
    assertThat(packed.description()).contains("Made in March");
    OvfDescriptor machine = DiskPreview.of(ova).machine().orElseThrow();
    assertThat(machine.name()).contains("Web & Mail");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "a.vmdk does not have the SHA-256 → echo 'SHA256(a.vmdk)= 00' >a.mf; tar -c a.ovf a.mf a.vmdk",
        "a.vmdk does not have the SHA-1 → echo 'SHA1(a.vmdk)= 00' >a.mf; tar -c a.ovf a.vmdk a.mf",
        "a.ovf does not have the SHA-512 → echo 'SHA512 (a.ovf) = 00' >a.mf; tar -c a.ovf a.vmdk a.mf",
        "digests by MD5 → echo 'MD5(a.vmdk)= 00' >a.mf; tar -c a.ovf a.mf a.vmdk",
        ".ovf names the disk a.vmdk, and the archive holds a.ovf → tar -c a.ovf",
        "holds several machines (b.ovf → cp a.ovf b.ovf; tar -c a.ovf b.ovf a.vmdk",
        "comes behind 0.img and names a.vmdk → cp a.vmdk 0.img; tar -c 0.img a.ovf a.vmdk",
        "holds several disks (a.vmdk, a.vmdk) → tar --hard-dereference -c a.ovf a.vmdk a.vmdk",
        "truncated → tar -c a.ovf a.vmdk | head -c 50000",
        "a.mf in the archive is larger than 1 MiB → truncate -s 1025K a.mf; tar -c a.ovf a.mf a.vmdk"
      })
  void anOvaThatCantBeTakenIsRefusedBeforeItIsSentAndAfter(String why, String command)
      throws Exception {
    descriptor("a.ovf", "a.vmdk");
    Path ova = made("a.ova", "qemu-img convert -O vmdk disk.raw a.vmdk; " + command);
    assertThatThrownBy(() -> receive(ova))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(why);
    assertThat(store).isEmptyDirectory();
    assertThatThrownBy(() -> DiskPreview.of(ova))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({"a b c disk.raw", "disk.raw a b c", "a disk.raw b c"})
  void whatIsBesideTheDiskIsLimitedTogether(String order) throws Exception {
    Path tar = made("packed", "for f in a b c; do truncate -s 30K $f; done; tar -cz " + order);
    assertThat(readingArchive(tar, 90 << 10).packing()).isEqualTo("tar+gzip");
    assertThatThrownBy(() -> readingArchive(tar, 80 << 10))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("the archive holds more than 80.0 KiB beside the disk");
  }

  private static DiskReader.Packed readingArchive(Path tar, long mostPassedBytes) throws Exception {
    try (InputStream stream = Files.newInputStream(tar)) {
      return DiskReader.of(new IncomingBytes(stream, OptionalLong.empty()), mostPassedBytes)
          .read((_, _, _) -> true)
          .orElseThrow();
    }
  }

  /** Types: a name of GNU, a header of POSIX, a directory. */
  @ParameterizedTest
  @CsvSource({"L, 5000000, 1", "x, 5000000, 1", "L, 0, 8000", "x, 0, 8000", "5, 0, 1001"})
  void headersOfAnyLengthAndNumberAreNotReadIntoMemory(char type, int bytes, int headers)
      throws Exception {
    Path tar = directory.resolve("a.tar");
    try (TarArchiveOutputStream output = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
      TarArchiveEntry entry = new TarArchiveEntry("a", (byte) type);
      entry.setSize(bytes);
      for (int i = 0; i < headers; i++) {
        output.putArchiveEntry(entry);
        output.write("x".repeat(bytes).getBytes(UTF_8));
        output.closeArchiveEntry();
      }
    }
    // The stack must not end while the work's thread hands something to the request's.
    assertRefused(
        () -> receive(tar), "(?s).*(take more than 4 MiB|more than 1000 files|damaged|no disk).*");
    assertRefused(
        () -> DiskPreview.of(tar),
        "(?s).*(take more than 4 MiB|thousands of headers|more than 1000 files|damaged).*");
    assertThat(store).isEmptyDirectory();
  }

  private static void assertRefused(ThrowingCallable reading, String why) {
    assertThatThrownBy(reading).isInstanceOf(UnfitDiskException.class).hasMessageMatching(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "it has a document type → <!DOCTYPE Envelope [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
            + "<Envelope>&a;</Envelope>",
        "malformed XML → <Envelope><References></Envelope>",
        "names no disk that has a file → <Envelope><Disk diskId='d'/></Envelope>",
        "without saying which file that is → <Envelope><Disk fileRef='f'/></Envelope>",
        "disk a is split into pieces → <Envelope><References><File id='f' href='a' chunkSize='9'/>"
            + "</References><Disk fileRef='f'/></Envelope>",
        "only the difference to another → <Envelope><Disk fileRef='f' parentRef='g'/></Envelope>",
        "holds several disks (a, b c), and → <Envelope><References><File id='f' href='a'/>"
            + "<File id='g' href='b%20c'/></References><Disk fileRef='f'/><Disk fileRef='g'/></Envelope>"
      })
  void aDescriptorThatCantBeFollowedIsRefused(String why, String document) {
    assertThatThrownBy(() -> OvfDescriptor.parse(document.getBytes(UTF_8)).disk())
        .isInstanceOf(DamagedArchiveException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aDescriptorOfAnyDepthIsRefused() {
    String deep = "<a>".repeat(10_000) + "</a>".repeat(10_000);
    assertThatThrownBy(() -> OvfDescriptor.parse(deep.getBytes(UTF_8)))
        .isInstanceOf(DamagedArchiveException.class)
        .hasMessageContaining("nested more than 32 deep");
  }

  private void descriptor(String name, String file) throws IOException {
    Files.writeString(
        directory.resolve(name),
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
            xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
          <References>
            <File ovf:id="file1" ovf:href="%s" ovf:size="1"/>
            <File ovf:id="file2" ovf:href="tools.iso"/>
          </References>
          <DiskSection>
            <Info>Disks</Info>
            <Disk ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:capacity="16"/>
            <Disk ovf:diskId="vmdisk2" ovf:capacity="16"/>
          </DiskSection>
          <VirtualSystem ovf:id="vm">
            <Name>Web &amp; Mail</Name>
            <AnnotationSection>
              <Info>An annotation</Info>
              <Annotation>Made in
                March</Annotation>
            </AnnotationSection>
          </VirtualSystem>
        </Envelope>
        """
            .formatted(file));
  }

  @Test
  void aStreamThatBreaksIsNoDamagedArchive() throws Exception {
    byte[] packed = Files.readAllBytes(made("packed", "xz <disk.raw"));
    InputStream breaking =
        new FilterInputStream(new ByteArrayInputStream(packed, 0, 200_000)) {
          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            if (n < 0) {
              throw new EOFException("the connection closed before the body was complete");
            }
            return n;
          }
        };
    assertThatThrownBy(() -> disks.receive(ALICE, PLENTY, breaking, OptionalLong.of(packed.length)))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("the connection closed");
    assertThat(store).isEmptyDirectory();
    assertThat(receive(directory.resolve("packed")).bytes()).isEqualTo(DISK_BYTES);
  }

  /** Flags of RFC 1952, section 2.3.1: a name, a comment. */
  @ParameterizedTest
  @CsvSource({"8, false", "16, false", "8, true", "16, true"})
  void aNameOrCommentOfGzipIsNotReadIntoMemoryWithoutEnd(int flag, boolean inTar) throws Exception {
    Path packed = gzip("disk.raw.gz", flag, 70_000);
    Path upload = inTar ? made("packed", "tar -c disk.raw.gz") : packed;
    for (ThrowingCallable reading :
        List.<ThrowingCallable>of(() -> receive(upload), () -> DiskPreview.of(upload))) {
      assertThatThrownBy(reading)
          .isInstanceOf(UnfitDiskException.class)
          .hasMessageContaining("a header in the gzip data takes more than 64 KiB");
    }
    assertThat(store).isEmptyDirectory();
    Path shorter = gzip("shorter.gz", flag, 60_000);
    assertThat(disks.path(receive(shorter))).hasBinaryContent(disk);
  }

  @Test
  void aLongHeaderOfALaterMemberOfGzipIsRefusedToo() throws Exception {
    gzip("second.gz", 8, 70_000);
    Path packed = made("packed", "gzip <disk.raw; cat second.gz");
    assertThatThrownBy(() -> receive(packed))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("a header in the gzip data takes more than 64 KiB");
  }

  @Test
  void closingGzipsMembersReleasesThem() throws Exception {
    AtomicInteger closed = new AtomicInteger();
    InputStream below =
        new FilterInputStream(Files.newInputStream(made("packed", "gzip <disk.raw"))) {
          @Override
          public void close() throws IOException {
            closed.incrementAndGet();
            super.close();
          }
        };
    GzipMembers members = new GzipMembers(below);
    assertThat(members.readNBytes(1000)).hasSize(1000);
    members.close();
    assertThat(closed).hasPositiveValue();
    assertThatThrownBy(members::read).hasMessage("the stream is closed");
  }

  /** The disk, packed with a text of that length in the header. */
  private Path gzip(String name, int flag, int length) throws Exception {
    byte[] plain = Files.readAllBytes(made("plain.gz", "gzip --no-name <disk.raw"));
    plain[3] = (byte) flag;
    try (OutputStream output = Files.newOutputStream(directory.resolve(name))) {
      output.write(plain, 0, 10);
      output.write(("x".repeat(length) + '\0').getBytes(UTF_8));
      output.write(plain, 10, plain.length - 10);
    }
    return directory.resolve(name);
  }

  @ParameterizedTest
  @CsvSource({"gzip <disk.raw", "xz <disk.raw", "tar -c disk.raw", "tar -cz disk.raw"})
  void anInterruptEndsTheUnpackingBetweenTwoReads(String command) throws Exception {
    Path packed = made("packed", command);
    AtomicInteger writes = new AtomicInteger();
    try (InputStream stream = Files.newInputStream(packed)) {
      DiskReader reader =
          DiskReader.of(new IncomingBytes(stream, OptionalLong.empty()), Long.MAX_VALUE);
      assertThatThrownBy(() ->
              reader.read((_, _, _) -> {
                writes.incrementAndGet();
                Thread.currentThread().interrupt();
                return true;
              }))
          .isInstanceOf(InterruptedIOException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(writes).hasValue(1);
  }

  @Test
  void theRequestsThreadReadsAndAnInterruptOfItEndsAllAndLeavesNothing() throws Exception {
    byte[] packed = Files.readAllBytes(made("packed", "gzip <disk.raw"));
    CountDownLatch waits = new CountDownLatch(1);
    Set<Thread> readers = ConcurrentHashMap.newKeySet();
    InputStream hanging =
        new FilterInputStream(new ByteArrayInputStream(packed, 0, 200_000)) {
          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            readers.add(Thread.currentThread());
            int n = super.read(buffer, offset, length);
            if (n >= 0) {
              return n;
            }
            waits.countDown();
            try {
              Thread.sleep(Duration.ofMinutes(5));
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            throw new InterruptedIOException("canary");
          }
        };
    CompletableFuture<Exception> failure = new CompletableFuture<>();
    Thread request =
        Thread.startVirtualThread(() -> {
          try {
            disks.receive(ALICE, PLENTY, hanging, OptionalLong.empty());
          } catch (IOException | UnfitDiskException | RuntimeException e) {
            failure.complete(e);
          }
        });
    assertThat(waits.await(120, TimeUnit.SECONDS)).isTrue();
    request.interrupt();
    assertThat(failure.get(120, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    assertThat(readers).containsExactly(request);
    assertThat(store).isEmptyDirectory();
    for (int i = 0; i < 20; i++) {
      assertThat(receive(directory.resolve("packed")).bytes())
          .as("has a turn")
          .isEqualTo(DISK_BYTES);
    }
  }

  @Test
  void whatIsUnpackedTakesOfTheQuotaAndEndsBeforeTheFileSystemIsFull() throws Exception {
    Path packed = made("packed", "truncate -s 40M disk.raw; zstd <disk.raw");
    assertThatThrownBy(() ->
            disks.receive(
                ALICE,
                new DiskQuota(1, 30L << 20),
                Files.newInputStream(packed),
                OptionalLong.of(Files.size(packed))))
        .isInstanceOf(DiskQuotaException.class);
    AtomicInteger asked = new AtomicInteger();
    UploadedDisks filling = open(GivenRoom.of(() -> asked.incrementAndGet() < 3 ? 1L << 40 : 0));
    assertThatThrownBy(() ->
            filling.receive(ALICE, PLENTY, Files.newInputStream(packed), OptionalLong.empty()))
        .isInstanceOf(NoRoomException.class);
    assertThat(store).isEmptyDirectory();
  }

  @Test
  void whatUnpacksToFarMoreThanItsSizeIsRefused() throws Exception {
    byte[] packed = Files.readAllBytes(made("packed", "head -c 4000000 /dev/zero | bzip2"));
    InputStream unpacked =
        new UnpackedStream(
            new ByteArrayInputStream(packed),
            DiskCompression.BZIP2,
            () -> packed.length,
            () -> {},
            1 << 20);
    assertThat(packed.length).isLessThan(60);
    assertThatThrownBy(() -> unpacked.transferTo(OutputStream.nullOutputStream()))
        .isInstanceOf(DamagedArchiveException.class)
        .hasMessageContaining("unpack to more than 10,000 times their size");
  }

  @Test
  void anAccountUnpacksHalfOfWhatTheServerCan() throws Exception {
    UnpackTurns turns = new UnpackTurns(1L << 30);
    var first = turns.take("a");
    var second = turns.take("a");
    assertThatThrownBy(() -> turns.take("a")).isInstanceOf(DisksBusyException.class);
    var third = turns.take("b");
    var fourth = turns.take("b");
    assertThatThrownBy(() -> turns.take("c"))
        .isInstanceOf(DisksBusyException.class)
        .hasMessageContaining("unpacks 4 other disks, 0 of them of this account");
    for (UnpackTurns.Turn turn : List.of(first, second, third, fourth)) {
      turn.close();
    }
    for (int i = 0; i < 2; i++) {
      var _ = turns.take("c");
    }
  }

  @Test
  void belowHalfAGibibyteOfHeapOneAccountHasTheOnlyTurn() throws Exception {
    UnpackTurns turns = new UnpackTurns((512L << 20) - 1);
    var only = turns.take("a");
    assertThatThrownBy(() -> turns.take("b")).isInstanceOf(DisksBusyException.class);
    only.close();
    UnpackTurns two = new UnpackTurns(512L << 20);
    var _ = two.take("a");
    assertThatThrownBy(() -> two.take("a")).isInstanceOf(DisksBusyException.class);
    var _ = two.take("b");
  }

  private UploadedDisk receive(Path packed) throws Exception {
    try (InputStream stream = Files.newInputStream(packed)) {
      return disks.receive(ALICE, PLENTY, stream, OptionalLong.of(Files.size(packed)));
    }
  }

  /** What a command of bash writes, run where the disk is. */
  private Path made(String name, String command) throws Exception {
    Path file = directory.resolve(name);
    Program.of("bash", "-c", "cd '%s' && { %s\n} >'%s'".formatted(directory, command, file)).run();
    return file;
  }
}
