package dev.regild.server.protection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A setting of the kernel, as sysctl(8) names it.
 *
 * @param what its name for people
 * @param least the smallest value that protects
 */
record KernelSetting(String what, String name, int least) implements Protection {
  @Override
  public Finding look() {
    Path file = Path.of("/proc/sys", name.split("\\."));
    try {
      int value = Integer.parseInt(Files.readString(file).strip());
      return value >= least
          ? Finding.holds(what, "%s is %d".formatted(name, value))
          : Finding.missing(
              what, "%s is %d; as root, run: sysctl -w %s=%d".formatted(name, value, name, least));
    } catch (IOException | NumberFormatException e) {
      return Finding.missing(what, "this kernel has no " + name + "; use a distribution's kernel");
    }
  }
}
