package dev.regild.server.disks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.ExportFormat;
import dev.regild.disk.GivenRoom;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.files.Sha256;
import dev.regild.server.disks.Conversions.ClientGoneException;
import dev.regild.server.disks.Conversions.Share;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ConversionsTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @TempDir Path directory;

  private final AtomicLong free = new AtomicLong(1L << 40);
  private final RoomReservations room = GivenRoom.of(free::get);
  private Path layer;

  @BeforeEach
  void make() throws Exception {
    layer = directory.resolve("layer.qcow2");
    QemuImg.create(layer, DiskFormat.QCOW2, 1 << 20);
  }

  @Test
  void whoAsksForTheSameDiskSharesIt() throws Exception {
    try (Conversions conversions = conversions(LONG)) {
      Path first;
      try (Share one = conversions.share(layer, ExportFormat.RAW);
          Share other = conversions.share(layer, ExportFormat.RAW);
          Share another = conversions.share(layer, ExportFormat.VMDK)) {
        first = one.made().file();
        assertThat(other.made().file()).isEqualTo(first);
        assertThat(another.made().file()).isNotEqualTo(first);
      }
      assertThat(first).hasSize(1 << 20);
      try (Share again = conversions.share(layer, ExportFormat.RAW)) {
        assertThat(again.made().file()).as("kept for a while").isEqualTo(first);
      }
    }
    assertThat(exports()).isEmpty();
  }

  @Test
  void theHashThatAnOvaNamesIsComputedOnceWithTheDisk() throws Exception {
    try (Conversions conversions = conversions(LONG)) {
      Conversion.Made disk;
      try (Share one = conversions.share(layer, ExportFormat.OVA.ofDisk())) {
        disk = one.made();
        assertThat(disk.sha256()).contains(Sha256.of(disk.file()));
      }
      try (Share again = conversions.share(layer, ExportFormat.OVA.ofDisk());
          Share raw = conversions.share(layer, ExportFormat.RAW)) {
        assertThat(again.made()).isSameAs(disk);
        assertThat(raw.made().sha256()).isEmpty();
      }
    }
  }

  @Test
  void aDiskThatNobodyReadsIsGivenUpForOneThatIsAskedFor() throws Exception {
    try (Conversions conversions = conversions(LONG)) {
      try (Share kept = conversions.share(layer, ExportFormat.RAW)) {
        var _ = kept.made();
      }
      assertThat(exports()).hasSize(1);
      free.set(1 << 19);
      try (Share wanted = conversions.share(layer, ExportFormat.VHDX)) {
        assertThatThrownBy(wanted::made).hasMessageContaining("has no room for");
      }
      assertThat(exports()).isEmpty();
    }
  }

  @Test
  void whoGivesUpLeavesTheDiskToTheOthers() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    RoomReservations slow = GivenRoom.of(() -> onceOpen(goOn));
    try (Conversions conversions =
            new Conversions(directory.resolve("exports"), slow, 2, Duration.ZERO);
        Share other = conversions.share(layer, ExportFormat.RAW)) {
      try (Share gone = conversions.share(layer, ExportFormat.RAW)) {
        gone.giveUp();
        assertThatThrownBy(gone::made).isInstanceOf(ClientGoneException.class);
      }
      goOn.countDown();
      assertThat(other.made().file()).exists();
    }
    assertThat(exports()).isEmpty();
  }

  @Test
  @Timeout(300)
  void anErrorReachesWhoeverWaits() throws Exception {
    RoomReservations broken =
        GivenRoom.of(() -> {
          throw new LinkageError("canary");
        });
    try (Conversions conversions =
            new Conversions(directory.resolve("exports"), broken, 1, Duration.ZERO);
        Share share = conversions.share(layer, ExportFormat.RAW)) {
      assertThatThrownBy(share::made).hasRootCauseMessage("canary");
    }
    assertThat(exports()).isEmpty();
  }

  @Test
  void noMoreAreMadeAtOnceThanThereArePlaces() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicInteger underWay = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    free.set(1 << 19);
    Conversion.Tools tools =
        new Conversion.Tools(
            room,
            new Semaphore(2),
            () -> {
              most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
              free.set(onceOpen(goOn));
              underWay.decrementAndGet();
              return true;
            });
    List<Conversion> conversions = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      conversions.add(new Conversion(layer, ExportFormat.RAW, directory, i + ".raw", tools));
      conversions.getLast().start();
    }
    await(() -> underWay.get() == 2);
    // A third would only have to measure the layer first, as these two did.
    Thread.sleep(500);
    goOn.countDown();
    for (Conversion conversion : conversions) {
      assertThat(conversion.made().get(2, TimeUnit.MINUTES).file()).exists();
    }
    assertThat(most).hasValue(2);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      Thread.sleep(10);
    }
  }

  private static long onceOpen(CountDownLatch gate) {
    try {
      gate.await();
      return 1L << 40;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatCannotBeMadeIsTriedAgainByTheNextWhoAsks() throws Exception {
    Path missing = directory.resolve("missing.qcow2");
    try (Conversions conversions = conversions(LONG)) {
      try (Share share = conversions.share(missing, ExportFormat.RAW)) {
        assertThatThrownBy(share::made).hasMessageContaining("missing.qcow2");
      }
      Files.copy(layer, missing);
      try (Share share = conversions.share(missing, ExportFormat.RAW)) {
        assertThat(share.made().file()).hasSize(1 << 20);
      }
    }
  }

  @Test
  void whatAnEarlierProcessLeftIsRemoved() throws Exception {
    Path left =
        Files.createFile(
            Files.createDirectories(directory.resolve("exports")).resolve("export-1.raw"));
    conversions(LONG).close();
    assertThat(left).doesNotExist();
  }

  private Conversions conversions(Duration kept) throws Exception {
    return new Conversions(directory.resolve("exports"), room, 2, kept);
  }

  private List<Path> exports() throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve("exports"))) {
      return files.toList();
    }
  }
}
