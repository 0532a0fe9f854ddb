package dev.regild.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryLayerStoreTest {
  @TempDir Path directory;
  private DirectoryLayerStore store;
  private Workspaces workspaces;
  private Path work;

  @BeforeEach
  void open() throws Exception {
    store = new DirectoryLayerStore(directory);
    workspaces = new Workspaces(directory);
    work = workspaces.open("job-1");
  }

  @Test
  void aPublishedLayerIsWholeReadOnlyAndVerified() throws Exception {
    Layer layer = publishBase("base");
    assertThat(layer.virtualBytes()).isEqualTo(4 << 20);
    assertThat(layer.bytes()).isEqualTo(Files.size(path("base")));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path("base"))))
        .isEqualTo("r--------");
    assertThat(store.verify(layer)).isTrue();
    assertThat(store.ids()).containsExactly("base");
    assertThat(work.resolve("finished.qcow2")).doesNotExist();
  }

  @Test
  void aDeltaNamesItsBaseByItsBareNameAndHoldsTheDifferenceOnly() throws Exception {
    Layer base = publishBase("base");
    Path overlay = work.resolve("overlay.qcow2");
    QemuImg.createOverlay(path("base"), overlay);
    Path delta = work.resolve("delta.qcow2");
    List<Double> progress = new CopyOnWriteArrayList<>();
    QemuImg.compressDelta(overlay, path("base"), delta, progress::add);
    Layer layer = store.publish("delta", delta, Optional.of("base"));

    QemuImg.Info info = QemuImg.info(path("delta"), DiskFormat.QCOW2);
    assertThat(info.backingFile()).contains("base.qcow2");
    assertThat(info.backingFormat()).contains("qcow2");
    assertThat(info.formatSpecific().path("compression-type").asString()).isEqualTo("zstd");
    assertThat(layer.base()).contains("base");
    assertThat(layer.bytes()).isLessThan(base.bytes() / 4);
    assertThat(progress).contains(1.0);
    assertThat(QemuImg.check(path("delta"), DiskFormat.QCOW2)).isEmpty();

    // The whole chain reads the same as the base that it stands on.
    Path flat = work.resolve("flat.raw");
    QemuImg.convert(path("delta"), DiskFormat.QCOW2, flat, DiskFormat.RAW, p -> {});
    assertThat(flat).hasSameBinaryContentAs(work.resolve("base.raw"));
  }

  @Test
  void aFileOnAnotherBaseThanNamedIsNoLayer() throws Exception {
    var _ = publishBase("base");
    Path overlay = work.resolve("overlay.qcow2");
    QemuImg.createOverlay(path("base"), overlay);
    assertThatThrownBy(() -> store.publish("alone", overlay, Optional.empty()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not the named layer");
    assertThatThrownBy(() -> store.publish("lost", overlay, Optional.of("nothing")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no layer nothing");
    assertThat(store.ids()).containsExactly("base");
  }

  @Test
  void publishingAgainReplaces() throws Exception {
    var _ = publishBase("one");
    Layer again = publishBase("one");
    assertThat(store.verify(again)).isTrue();
    assertThat(store.ids()).containsExactly("one");
  }

  @Test
  void aChangedLayerDoesNotVerify() throws Exception {
    Layer layer = publishBase("base");
    Path file = path("base");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    assertThat(store.verify(layer)).isFalse();
  }

  @Test
  void aLayerStaysWithAllBelowItUntilItsBorrowersGiveItBack() throws Exception {
    Layer base = publishBase("base");
    Path overlay = work.resolve("overlay.qcow2");
    QemuImg.createOverlay(path("base"), overlay);
    var _ = store.publish("top", overlay, Optional.of("base"));
    try (BorrowedLayer first = store.borrow("top")) {
      try (BorrowedLayer second = store.borrow("top")) {
        store.delete("top");
        store.delete("base");
        assertThat(second.file()).exists();
        assertThatThrownBy(() -> store.borrow("top")).hasMessageContaining("no layer top");
      }
      assertThat(first.file()).exists();
      assertThat(store.verify(base)).isTrue();
    }
    assertThat(store.ids()).isEmpty();
  }

  @Test
  void layersAndWorkspacesAreRemoved() throws Exception {
    var _ = publishBase("base");
    store.delete("base");
    store.delete("base");
    assertThat(store.ids()).isEmpty();
    assertThatThrownBy(() -> path("base")).hasMessageContaining("no layer base");
    Files.writeString(work.resolve("scrap"), "x");
    assertThat(workspaces.list()).containsExactly("job-1");
    workspaces.remove("job-1");
    workspaces.remove("job-1");
    assertThat(workspaces.list()).isEmpty();
  }

  @Test
  void aNameCannotLeadOutOfTheStore() {
    assertThatThrownBy(() -> workspaces.open("../out"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.delete("../out")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatAFailedConversionWroteIsRemoved() {
    Path target = work.resolve("target.qcow2");
    assertThatThrownBy(
            () -> QemuImg.compress(work.resolve("missing"), DiskFormat.RAW, target, p -> {}))
        .hasMessageContaining("qemu-img can't be run in a sandbox")
        .hasMessageContaining("missing");
    assertThat(target).doesNotExist();
  }

  private Path path(String id) throws Exception {
    try (BorrowedLayer layer = store.borrow(id)) {
      return layer.file();
    }
  }

  private Layer publishBase(String id) throws Exception {
    byte[] content = new byte[4 << 20];
    new Random(7).nextBytes(content);
    Path raw = Files.write(work.resolve("base.raw"), content);
    Path qcow2 = work.resolve("finished.qcow2");
    QemuImg.compress(raw, DiskFormat.RAW, qcow2, p -> {});
    return store.publish(id, qcow2, Optional.empty());
  }
}
