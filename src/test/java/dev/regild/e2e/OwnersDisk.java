package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.demo.AgentPackage;
import dev.regild.fixtures.Fixtures;
import dev.regild.machine.AcceleratorProbe;
import dev.regild.machine.Guestfs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;

/**
 * The golden image after its owner had it for a while: with an identity, and with files of the
 * owner's own in the places that an update is tempted to write to.
 */
final class OwnersDisk {
  /** The content of each file that the owner wrote. */
  static final Map<String, String> FILES =
      Map.of(
          AgentPackage.CONFFILE,
          "# tuned by hand\nsessions=7\n",
          "/etc/machine-id",
          "0123456789abcdef0123456789abcdef\n",
          "/etc/hostname",
          "golden-42\n",
          "/etc/apt/preferences.d/owner",
          "Package: nothing-at-all\nPin: version 1\nPin-Priority: 1\n",
          "/usr/sbin/policy-rc.d",
          "#!/bin/sh\n# The owner's own.\nexit 0\n",
          "/var/lib/cloud/data/instance-id",
          "i-0123456789abcdef0\n",
          "/var/log/apt/history.log",
          "Start-Date: 2024-01-01  00:00:00\n");

  private OwnersDisk() {}

  /**
   * Makes it.
   *
   * @param directory where to write it
   * @param acceleratorCache the file in which the accelerator's verdict is remembered
   */
  static Path make(Path directory, Path acceleratorCache) throws Exception {
    Path disk = directory.resolve("owners-disk.qcow2");
    Files.copy(Fixtures.goldenImage(), disk, StandardCopyOption.REPLACE_EXISTING);
    Files.createDirectories(acceleratorCache.getParent());
    try (Guestfs appliance =
        Guestfs.create(new AcceleratorProbe(acceleratorCache).verdict().accelerator(), directory)) {
      appliance.addDrive(disk, "qcow2", false);
      appliance.launch(Duration.ofMinutes(5));
      appliance.mount("/dev/sda2", "/");
      appliance.makeDirectories("/var/lib/cloud/data");
      for (Map.Entry<String, String> file : FILES.entrySet()) {
        appliance.write(file.getKey(), file.getValue().getBytes(UTF_8));
      }
      appliance.changeMode("/usr/sbin/policy-rc.d", 0755);
      appliance.unmountAll();
      appliance.shutdown();
    }
    return disk;
  }
}
