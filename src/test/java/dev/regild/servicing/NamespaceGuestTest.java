package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.fixtures.HostTools;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Which files a namespace is given, before anything is mounted. */
@EnabledIf("canRun")
class NamespaceGuestTest {
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;

  @TempDir Path directory;
  private Path base;
  private Path overlay;

  static boolean canRun() {
    return HostTools.areInstalled("qemu-img", "bwrap");
  }

  @BeforeEach
  void makeAnOverlay() throws Exception {
    base = directory.toRealPath().resolve("base.qcow2");
    overlay = directory.toRealPath().resolve("overlay.qcow2");
    QemuImg.create(base, DiskFormat.QCOW2, 1 << 20);
    QemuImg.createOverlay(base, overlay);
  }

  /** As a guest could that has taken over the machine which ran on this overlay before. */
  @Test
  void anOverlayWhoseHeaderWasRewrittenToAnotherFileIsRefused() throws Exception {
    assertThat(NamespaceGuest.chain(overlay)).containsExactly(overlay, base);
    Path canary = Files.copy(base, base.resolveSibling("cana.qcow2"));
    rename(overlay, base.toString(), canary.toString());
    assertThatThrownBy(() -> NamespaceGuest.chain(overlay))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("names " + canary)
        .hasMessageContaining("but it was created on another file");
  }

  @Test
  void aLinkInThePlaceOfALayerIsRefused() throws Exception {
    Path canary = Files.move(base, base.resolveSibling("canary.qcow2"));
    Files.createSymbolicLink(base, canary);
    assertThatThrownBy(() -> NamespaceGuest.chain(overlay))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("names " + base);
  }

  @Test
  void aChainOfMoreFilesThanTheHelperTakesIsRefusedAndNotCut() throws Exception {
    String helper = new String(Resources.read("regild-helper"), StandardCharsets.UTF_8);
    assertThat(helper).contains("\nMOST_LAYERS = " + DiskHolder.MOST_LAYERS + "\n");

    Path layers = Files.createDirectory(overlay.resolveSibling("layers"));
    // Each names the next by its bare name, as layers do.
    Path first = layers.resolve("L000");
    Files.copy(overlay, first);
    rename(first, base.toString(), "L001" + "\0".repeat(base.toString().length() - 4));
    byte[] layer = Files.readAllBytes(first);
    layer[19] = 4; // the length of the name
    int last = DiskHolder.MOST_LAYERS;
    for (int i = 0; i < last; i++) {
      Files.write(
          layers.resolve("L%03d".formatted(i)),
          latin(layer).replace("L001", "L%03d".formatted(i + 1)).getBytes(LATIN));
    }
    Files.copy(base, layers.resolve("L%03d".formatted(last)));

    assertThat(NamespaceGuest.chain(layers.resolve("L001"))).hasSize(DiskHolder.MOST_LAYERS);
    assertThatThrownBy(() -> NamespaceGuest.chain(first))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "has 256 layers, and the isolation \"namespace\" opens at most 256 files");
  }

  private static void rename(Path disk, String name, String other) throws IOException {
    String text = latin(Files.readAllBytes(disk));
    assertThat(text).contains(name);
    Files.write(disk, text.replace(name, other).getBytes(LATIN));
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, LATIN);
  }
}
