package dev.regild.machine;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which versions of the programs work on a disk, as they say themselves. */
public final class ToolVersions {
  private static final String UNKNOWN = "unknown";

  private ToolVersions() {}

  /** Returns the versions of Regild, QEMU and libguestfs; of one that is missing, unknown. */
  public static Map<String, String> read() throws InterruptedException {
    Map<String, String> versions = new LinkedHashMap<>(ofRegild());
    versions.put("qemu", qemu());
    versions.put("libguestfs", libguestfs());
    return versions;
  }

  /** Returns Regild's own, as its jar says. */
  public static Map<String, String> ofRegild() {
    return Map.of("regild", Build.own().version());
  }

  private static String qemu() throws InterruptedException {
    try {
      return Program.of(QemuCommand.QEMU, "--version")
          .run()
          .lines()
          .findFirst()
          .orElse(UNKNOWN)
          .replaceFirst("^QEMU emulator version ", "");
    } catch (ProgramException e) {
      return UNKNOWN;
    }
  }

  private static String libguestfs() {
    try {
      return Guestfs.version();
    } catch (GuestfsException e) {
      return UNKNOWN;
    }
  }
}
