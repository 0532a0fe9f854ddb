package dev.regild.disk.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.Workspaces;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

class DirectoryLayerStoreTest extends LayerStoreContract {
  @Override
  protected LayerStore open() throws Exception {
    return new DirectoryLayerStore(directory);
  }

  @Override
  protected void change(Layer layer) throws Exception {
    Path file = path(layer.id());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void aNameThatIsDeletedCannotLeadOutEither() {
    assertThatThrownBy(() -> store.delete("../out")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void leftoversOfAnotherProcessAreRemoved() throws Exception {
    var _ = publishBase("needed");
    var _ = publishBase("left");
    store.removeLeftovers(id -> id.equals("needed"));
    assertThat(store.ids()).containsExactly("needed");
  }

  @Test
  void workspacesAreRemoved() throws Exception {
    Workspaces workspaces = new Workspaces(directory);
    Path work = workspaces.open("job-2");
    Files.writeString(work.resolve("scrap"), "x");
    assertThat(workspaces.list()).containsExactlyInAnyOrder("job-1", "job-2");
    workspaces.remove("job-2");
    workspaces.remove("job-2");
    assertThat(workspaces.list()).containsExactly("job-1");
    assertThatThrownBy(() -> workspaces.open("../out"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatAFailedConversionWroteIsRemoved() {
    Path target = directory.resolve("target.qcow2");
    assertThatThrownBy(
            () -> QemuImg.compress(directory.resolve("missing"), DiskFormat.RAW, target, p -> {}))
        .hasMessageContaining("qemu-img can't be run in a sandbox")
        .hasMessageContaining("missing");
    assertThat(target).doesNotExist();
  }
}
