package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.demo.AgentPackage;
import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.GoldenDisk;
import dev.regild.servicing.Guest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * The golden image after its owner had it for a while: with an identity, and with files of the
 * owner's own in the places that an update is tempted to write to.
 */
final class OwnersDisk {
  private static final String POLICY = "/usr/sbin/policy-rc.d";

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
          POLICY,
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
   */
  static Path make(Path directory) throws Exception {
    Path disk = directory.resolve("owners-disk.qcow2");
    Files.copy(Fixtures.goldenImage(), disk, StandardCopyOption.REPLACE_EXISTING);
    try (Guest guest = GoldenDisk.open(disk, directory.resolve("owner"))) {
      guest.run("mkdir", "-p", "/var/lib/cloud/data");
      for (Map.Entry<String, String> file : FILES.entrySet()) {
        int mode = file.getKey().equals(POLICY) ? 0755 : 0644;
        guest.write(file.getKey(), file.getValue().getBytes(UTF_8), mode);
      }
    }
    return disk;
  }
}
