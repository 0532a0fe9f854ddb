package dev.regild.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.UnfitDiskException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MountPointsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "mnt", "/mnt/../../etc", "/..", "/.", "/./boot", "//boot", "/boot/", "/a//b"})
  void aPathThatLeadsElsewhereIsRefused(String path) {
    assertThatThrownBy(() -> MountPoints.isMounted(path, "/dev/sda2", "ext4"))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("/dev/sda2")
        .hasMessageContaining("not a canonical absolute path");
  }

  @ParameterizedTest
  @CsvSource({"/, ext4", "/boot, ext2", "/boot/efi, vfat", "/srv/..data, xfs", "/home, btrfs"})
  void theSystemsOwnAreMounted(String path, String type) throws Exception {
    assertThat(MountPoints.isMounted(path, "/dev/sda2", type)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"/mnt, overlay", "/data, ntfs", "/home, proc", "/variety, jfs"})
  void oneOfAnotherTypeIsLeftOutWhereNoPackageHasFiles(String path, String type) throws Exception {
    assertThat(MountPoints.isMounted(path, "/dev/sda2", type)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"/, f2fs", "/var, jfs", "/usr/local, overlay", "/boot, ''"})
  void oneOfAnotherTypeIsRefusedWherePackagesHaveFiles(String path, String type) {
    assertThatThrownBy(() -> MountPoints.isMounted(path, "/dev/sda2", type))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(path)
        .hasMessageContaining("must be ext2, ext3");
  }

  @Test
  void theWayToADirectoryHasEachOfItsParents() {
    assertThat(MountPoints.steps("/var/lib/x")).containsExactly("/var", "/var/lib", "/var/lib/x");
    assertThat(MountPoints.steps("/")).isEmpty();
  }
}
