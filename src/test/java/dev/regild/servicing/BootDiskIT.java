package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.disk.QemuImg;
import dev.regild.fixtures.Fixtures;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.machine.Accelerator;
import dev.regild.machine.AcceleratorProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Debian 13 whose debconf names a disk that is not there, in an appliance: the script of
 * grub-pc that every upgrade runs installs the boot loader on the image's own disk, which the
 * appliance's kernel gives any name.
 */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class BootDiskIT {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final String ABSENT = "/dev/disk/by-id/scsi-of-another-machine";
  private static final String SCRIPT = Guest.WORKSPACE + "/boot-disk.sh";

  @TempDir Path directory;

  @Test
  void anUpgradeOfGrubGoesToTheImagesOwnDisk() throws Exception {
    Path overlay = directory.resolve("overlay.qcow2");
    new QemuImg().createOverlay(Fixtures.debian13(), overlay);
    Accelerator accelerator =
        new AcceleratorProbe(directory.resolve("accelerator")).verdict().accelerator();
    DiskLayout layout =
        new DiskLayout(
            Firmware.BIOS, List.of(new Filesystem("/", "/dev/sda2", -1, -1, "ext4", "", "", "")));
    Guests guests = new Guests(Isolation.VM, () -> accelerator, Duration.ofMinutes(1));
    try (Guest guest = guests.open(overlay, layout, directory.resolve("guest"), abort -> {})) {
      guest.write(SCRIPT, Resources.read("boot-disk.sh"), 0755);
      answer(guest, "install_devices multiselect " + ABSENT);
      answer(guest, "install_devices_empty boolean false");

      sh(guest, "sh " + SCRIPT + " before " + Guest.WORKSPACE);
      assertThat(sh(guest, "/var/lib/dpkg/info/grub-pc.postinst configure 2.12-1 2>&1"))
          .contains("Installation finished. No error reported.");
      sh(guest, "sh " + SCRIPT + " after " + Guest.WORKSPACE);

      assertThat(sh(guest, "echo GET grub-pc/install_devices | debconf-communicate"))
          .isEqualTo("0 " + ABSENT + "\n");
    }
  }

  private static void answer(Guest guest, String question) throws GuestException {
    sh(guest, "echo grub-pc grub-pc/" + question + " | debconf-set-selections");
  }

  private static String sh(Guest guest, String command) throws GuestException {
    return guest.run(List.of("sh", "-c", command), LIMIT, line -> {});
  }
}
