package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.UnfitDiskException;
import dev.regild.plan.InstalledPackage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InventoryReaderTest {
  private static final String STATUS =
      """
      Package: dpkg
      Status: install ok installed
      Architecture: amd64
      Version: 1.22.6ubuntu6

      """;

  @Test
  void ubuntu2404IsItsOwnPlatform() throws Exception {
    Inventory inventory = InventoryReader.read(disk("ubuntu", "24.04"));
    assertThat(inventory.os())
        .isEqualTo(new OperatingSystem("UBUNTU_PRO_2404", "ubuntu 24.04", "24.04"));
    assertThat(inventory.packages())
        .containsExactly(new InstalledPackage("dpkg", "amd64", "1.22.6ubuntu6", false));
  }

  @Test
  void debianTellsItsPointRelease() throws Exception {
    assertThat(InventoryReader.read(disk("debian", "12")).os())
        .isEqualTo(new OperatingSystem("DEBIAN_12", "debian 12", "12.5"));
  }

  @Test
  void anotherUbuntuAndAnotherSystemAreRefusedByName() {
    assertThatThrownBy(() -> InventoryReader.read(disk("ubuntu", "22.04")))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("\"ubuntu 22.04\"")
        .hasMessageContaining("Ubuntu 24.04");
    assertThatThrownBy(() -> InventoryReader.read(disk("rocky", "8.10")))
        .hasMessageContaining("\"rocky 8.10\"");
  }

  private static GuestFiles disk(String id, String version) {
    Map<String, String> files = new HashMap<>();
    files.put("/etc/os-release", "ID=%s\nVERSION_ID=\"%s\"\n".formatted(id, version));
    // Ubuntu has this file too, and it names Debian's releases, not Ubuntu's.
    files.put("/etc/debian_version", id.equals("debian") ? "12.5\n" : "trixie/sid\n");
    files.put("/var/lib/dpkg/status", STATUS);
    return new GuestFiles() {
      @Override
      public byte[] read(String path) throws IOException {
        String content = files.get(path);
        if (content == null) {
          throw new NoSuchFileException(path);
        }
        return content.getBytes(UTF_8);
      }

      @Override
      public boolean exists(String path) {
        return files.containsKey(path);
      }
    };
  }
}
