package dev.regild.server.protection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Who may use {@code /dev/kvm}. Whether KVM works is the accelerator's verdict. */
final class KvmDevice implements Protection {
  private static final String WHAT = "/dev/kvm";
  private static final Path DEVICE = Path.of("/dev/kvm");

  @Override
  public Finding look() {
    try {
      if (!Files.exists(DEVICE)) {
        return Finding.unneeded(WHAT, "absent: machines are emulated, as safely and more slowly");
      }
      Map<String, Object> found = Files.readAttributes(DEVICE, "posix:group,permissions");
      boolean usable = Files.isReadable(DEVICE) && Files.isWritable(DEVICE);
      return usable
          ? Finding.holds(WHAT, "this user may use it; its group is " + found.get("group"))
          : Finding.missing(
              WHAT,
              "this user may not use it: usermod -aG %s USER, and start the server again"
                  .formatted(found.get("group")));
    } catch (IOException e) {
      return Finding.missing(WHAT, Messages.line(e) + "; check its permissions");
    }
  }
}
