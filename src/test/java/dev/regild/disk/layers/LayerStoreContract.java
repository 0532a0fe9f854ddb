package dev.regild.disk.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.Workspaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every layer store does, whatever it keeps its layers in. */
public abstract class LayerStoreContract {
  @TempDir protected Path directory;

  /** What a registry would know, by the layers' ids. */
  protected final Map<String, Layer> known = new LinkedHashMap<>();

  protected LayerStore store;
  private Path work;

  /** A store with nothing in it. */
  protected abstract LayerStore open() throws Exception;

  /** Turns one bit of a layer, where the store keeps it. */
  protected abstract void change(Layer layer) throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    store = open();
    work = new Workspaces(directory).open("job-1");
  }

  protected List<Layer> chain(String id) {
    List<Layer> chain = new ArrayList<>();
    Optional<Layer> next = Optional.ofNullable(known.get(id));
    while (next.isPresent()) {
      chain.add(next.get());
      next = next.get().base().map(known::get);
    }
    return chain;
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
    Layer layer = publish("delta", 1, delta, Optional.of("base"));

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
    assertThatThrownBy(() -> publish("alone", 1, overlay, Optional.empty()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not the named layer");
    assertThatThrownBy(() -> publish("lost", 1, overlay, Optional.of("nothing")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no layer nothing");
    assertThat(store.ids()).containsExactly("base");
  }

  @Test
  void aLaterAttemptReplacesWhatAnEarlierOnePublished() throws Exception {
    var _ = publishBase("one", 1, 1);
    Layer again = publishBase("one", 2, 2);
    assertThat(store.verify(again)).isTrue();
    assertThat(store.ids()).containsExactly("one");
    try (BorrowedLayer borrowed = store.borrow("one")) {
      Path raw = work.resolve("read.raw");
      QemuImg.convert(borrowed.file(), DiskFormat.QCOW2, raw, DiskFormat.RAW, p -> {});
      assertThat(raw).hasSameBinaryContentAs(work.resolve("base.raw"));
    }
  }

  @Test
  void aChangedLayerDoesNotVerify() throws Exception {
    Layer layer = publishBase("base");
    change(layer);
    assertThat(store.verify(layer)).isFalse();
  }

  @Test
  void aLayerStaysWithAllBelowItUntilItsBorrowersGiveItBack() throws Exception {
    var _ = publishBase("base");
    Path overlay = work.resolve("overlay.qcow2");
    QemuImg.createOverlay(path("base"), overlay);
    var _ = publish("top", 1, overlay, Optional.of("base"));
    Path base = path("base");
    try (BorrowedLayer first = store.borrow("top")) {
      try (BorrowedLayer second = store.borrow("top")) {
        delete("top");
        delete("base");
        assertThat(second.file()).exists();
        assertThatThrownBy(() -> store.borrow("top")).hasMessageContaining("no layer top");
      }
      assertThat(first.file()).exists();
      assertThat(base).exists();
    }
    assertThat(base).doesNotExist();
  }

  @Test
  void aLayerThatNobodyKnowsAnyMoreIsGone() throws Exception {
    var _ = publishBase("base");
    delete("base");
    delete("base");
    assertThatThrownBy(() -> path("base")).hasMessageContaining("no layer base");
  }

  @Test
  void aNameCannotLeadOutOfTheStore() throws Exception {
    Path made = work.resolve("made.qcow2");
    QemuImg.compress(
        Files.write(work.resolve("made.raw"), new byte[1 << 20]), DiskFormat.RAW, made, p -> {});
    assertThatThrownBy(() -> publish("../out", 1, made, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void delete(String id) throws IOException {
    known.remove(id);
    store.delete(id);
  }

  protected Path path(String id) throws Exception {
    try (BorrowedLayer layer = store.borrow(id)) {
      return layer.file();
    }
  }

  protected Layer publish(String id, int attempt, Path file, Optional<String> base)
      throws Exception {
    Layer layer = store.publish(id, attempt, file, base);
    known.put(id, layer);
    return layer;
  }

  protected Layer publishBase(String id) throws Exception {
    return publishBase(id, 1, 7);
  }

  protected Layer publishBase(String id, int attempt, long seed) throws Exception {
    byte[] content = new byte[4 << 20];
    new Random(seed).nextBytes(content);
    Path raw = Files.write(work.resolve("base.raw"), content);
    Path qcow2 = work.resolve("finished.qcow2");
    QemuImg.compress(raw, DiskFormat.RAW, qcow2, p -> {});
    return publish(id, attempt, qcow2, Optional.empty());
  }
}
