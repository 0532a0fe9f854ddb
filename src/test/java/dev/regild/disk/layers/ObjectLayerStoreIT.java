package dev.regild.disk.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectStore;
import dev.regild.store.S3Proxy;
import dev.regild.store.StoreLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layers of a real S3 server, as nodes with caches of their own see them. */
class ObjectLayerStoreIT extends LayerStoreContract {
  @TempDir static Path serverDirectory;
  private static S3Proxy server;

  /** Of this test alone. */
  private final String prefix = UUID.randomUUID().toString();

  @BeforeAll
  static void start() throws Exception {
    server = S3Proxy.start(serverDirectory);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Override
  protected LayerStore open() throws Exception {
    return node("cache", 1L << 30);
  }

  /** A node with that cache. */
  private LayerStore node(String cache, long mostBytes) throws Exception {
    ObjectStore objects = S3Proxy.store(server.endpoint(), prefix, StoreLimits.DEFAULT);
    return new ObjectLayerStore(
        objects,
        new NodeCache(directory.resolve(cache), mostBytes, new RoomReservations()),
        this::chain);
  }

  private Path object(Layer layer) {
    return server.file(prefix + "/" + ObjectLayerStore.object(layer));
  }

  @Override
  protected void change(Layer layer) throws Exception {
    byte[] bytes = Files.readAllBytes(object(layer));
    bytes[bytes.length - 1] ^= 1;
    Files.write(object(layer), bytes);
  }

  @Test
  void anotherNodeBorrowsTheWholeChain() throws Exception {
    Layer base = publishBase("base");
    Path overlay = directory.resolve("overlay.qcow2");
    QemuImg.createOverlay(path("base"), overlay);
    Layer top = publish("top", 3, overlay, Optional.of("base"));
    assertThat(server.files(prefix))
        .containsExactlyInAnyOrder(prefix + "/layers/base/1.qcow2", prefix + "/layers/top/3.qcow2");
    LayerStore other = node("other", 1L << 30);
    try (var borrowed = other.borrow("top")) {
      assertThat(borrowed.file()).hasSize(top.bytes());
      assertThat(borrowed.file().resolveSibling("base.qcow2")).hasSize(base.bytes());
      assertThat(borrowed.file().getParent()).isEqualTo(directory.resolve("other").toRealPath());
    }
  }

  @Test
  void aByteThatChangedInTheStoreIsAnErrorThatNamesTheLayer() throws Exception {
    Layer layer = publishBase("broken");
    change(layer);
    LayerStore other = node("other", 1L << 30);
    assertThatThrownBy(() -> other.borrow("broken"))
        .isInstanceOf(ChangedObjectException.class)
        .hasMessageContaining("The layer broken was changed in the store s3://images/" + prefix)
        .hasMessageContaining(layer.sha256());
    assertThat(directory.resolve("other")).isEmptyDirectory();

    Files.delete(object(layer));
    assertThatThrownBy(() -> other.borrow("broken"))
        .isInstanceOf(MissingObjectException.class)
        .hasMessageContaining("layers/broken/1.qcow2");
    assertThat(directory.resolve("other")).isEmptyDirectory();
  }

  @Test
  void aNodeThatStartsRemovesItsHalfCopiesAndNothingOfOthers() throws Exception {
    Layer layer = publishBase("base");
    Path other = directory.resolve("other");
    node("other", 1L << 30).borrow("base").close();
    // What a kill leaves: a part of a download, and a file whose proof had not been written yet.
    Files.writeString(other.resolve(".next.qcow2.1234.part"), "half");
    Files.writeString(other.resolve("unproven.qcow2"), "whole?");
    Files.writeString(other.resolve("fileless.sha256"), layer.sha256());
    LayerStore again = node("other", 1L << 30);
    assertThat(other)
        .isDirectoryContaining(file -> file.endsWith("base.qcow2"))
        .isDirectoryNotContaining(file -> !file.getFileName().toString().startsWith("base."));
    again.removeLeftovers(_ -> false);
    assertThat(other).isEmptyDirectory();
    assertThat(store.verify(layer)).isTrue();
  }
}
