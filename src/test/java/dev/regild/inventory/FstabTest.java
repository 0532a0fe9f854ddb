package dev.regild.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.Fstab.Entry;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FstabTest {
  @Test
  void entriesOfBlockDevicesCountAndNoOthers() {
    Fstab read =
        Fstab.parse(
            """
            # a comment
            UUID="0a-1b" / ext4 defaults 0 1
            \t/dev/vdb\t/mnt\tauto\tdefaults,nofail,comment=cloudconfig\t0\t2
            LABEL=my\\040data /srv/my\\040data xfs noauto
            PARTUUID=1-02 /boot/efi vfat umask=0077 0 1
            /dev/mapper/vg-swap none swap sw 0 0
            tmpfs /var/tmp tmpfs defaults 0 0
            nas:/export /usr nfs defaults 0 0
            //nas/share /opt cifs defaults 0 0
            /srv/log /var/log none bind 0 0
            /dev/sda3 /var/lib/x none rbind 0 0
            /swapfile swap swap defaults 0 0
            overlay /usr overlay lowerdir=/a 0 0
            broken /x
            """);
    assertThat(read.entries())
        .containsExactly(
            new Entry("UUID=0a-1b", "/", false),
            new Entry("/dev/vdb", "/mnt", true),
            new Entry("LABEL=my data", "/srv/my data", true),
            new Entry("PARTUUID=1-02", "/boot/efi", false));
  }

  @ParameterizedTest
  @CsvSource({
    "UUID=1-2, /usr, defaults",
    "/dev/sdb1, /boot, defaults",
    "/dev/mapper/data-var, /var, 'rw,x-systemd.device-timeout=0'",
    "LABEL=log, /var/log/audit, nodev",
    "PARTLABEL=esp, /boot/efi, umask=0077",
  })
  void theSystemsOwnThatIsMissingIsRefusedByName(String spec, String mountPoint, String options) {
    Fstab read = Fstab.parse("%s %s ext4 %s 0 2".formatted(spec, mountPoint, options));
    assertThatThrownBy(() -> read.requireOwn(Set.of("/")))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("/etc/fstab mounts %s on %s,".formatted(spec, mountPoint))
        .hasMessageContaining("not on this disk")
        .hasMessageContaining("nofail");
    assertThatCode(() -> read.requireOwn(Set.of("/", mountPoint))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/dev/vdb /mnt auto defaults,nofail 0 2",
        "/dev/vdb /mnt auto defaults 0 2",
        "UUID=1-2 /home ext4 defaults 0 2",
        "/dev/sdb1 /srv/data xfs defaults 0 2",
        "/dev/sdc /var/lib/docker ext4 defaults,nofail 0 2",
        "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0",
        "/dev/sdb2 /variety ext4 defaults 0 0",
        "UUID=1-2 none swap sw 0 0",
      })
  void whatIsNotTheSystemsOwnOrOptionalMayBeMissing(String line) {
    assertThatCode(() -> Fstab.parse(line).requireOwn(Set.of("/"))).doesNotThrowAnyException();
  }

  @Test
  void aFileOfAnyLengthIsReadInReasonableSpace() {
    assertThat(Fstab.parse("/dev/x /mnt ext4 x\n".repeat(50_000)).entries()).hasSize(1000);
  }
}
