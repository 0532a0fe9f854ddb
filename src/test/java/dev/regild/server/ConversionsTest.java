package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.GivenRoom;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.server.Conversions.ClientGoneException;
import dev.regild.server.Conversions.Share;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
    new QemuImg().create(layer, DiskFormat.QCOW2, 1 << 20);
  }

  @Test
  void whoAsksForTheSameDiskSharesIt() throws Exception {
    try (Conversions conversions = conversions(LONG)) {
      Path first;
      try (Share one = conversions.share(layer, DiskFormat.RAW);
          Share other = conversions.share(layer, DiskFormat.RAW);
          Share another = conversions.share(layer, DiskFormat.VMDK)) {
        first = one.file();
        assertThat(other.file()).isEqualTo(first);
        assertThat(another.file()).isNotEqualTo(first);
      }
      assertThat(first).hasSize(1 << 20);
      try (Share again = conversions.share(layer, DiskFormat.RAW)) {
        assertThat(again.file()).as("kept for a while").isEqualTo(first);
      }
    }
    assertThat(exports()).isEmpty();
  }

  @Test
  void aDiskThatNobodyReadsIsGivenUpForOneThatIsAskedFor() throws Exception {
    try (Conversions conversions = conversions(LONG)) {
      try (Share kept = conversions.share(layer, DiskFormat.RAW)) {
        kept.file();
      }
      assertThat(exports()).hasSize(1);
      free.set(1 << 19);
      try (Share wanted = conversions.share(layer, DiskFormat.VHDX)) {
        assertThatThrownBy(wanted::file).hasMessageContaining("has no room for");
      }
      assertThat(exports()).isEmpty();
    }
  }

  @Test
  void whoGivesUpLeavesTheDiskToTheOthers() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    RoomReservations slow = GivenRoom.of(() -> onceOpen(goOn));
    try (Conversions conversions =
            new Conversions(directory.resolve("exports"), new QemuImg(), slow, 2, Duration.ZERO);
        Share other = conversions.share(layer, DiskFormat.RAW)) {
      try (Share gone = conversions.share(layer, DiskFormat.RAW)) {
        gone.giveUp();
        assertThatThrownBy(gone::file).isInstanceOf(ClientGoneException.class);
      }
      goOn.countDown();
      assertThat(other.file()).exists();
    }
    assertThat(exports()).isEmpty();
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
      try (Share share = conversions.share(missing, DiskFormat.RAW)) {
        assertThatThrownBy(share::file).hasMessageContaining("missing.qcow2");
      }
      Files.copy(layer, missing);
      try (Share share = conversions.share(missing, DiskFormat.RAW)) {
        assertThat(share.file()).hasSize(1 << 20);
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
    return new Conversions(directory.resolve("exports"), new QemuImg(), room, 2, kept);
  }

  private List<Path> exports() throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve("exports"))) {
      return files.toList();
    }
  }
}
