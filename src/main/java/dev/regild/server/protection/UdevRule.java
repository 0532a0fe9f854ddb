package dev.regild.server.protection;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The rule that keeps udev from the loop devices of guests, for the isolation {@code namespace}:
 * its own rules probe what is on each with programs that are root.
 *
 * @param control of the udev that runs; it is there while one does
 * @param rule where it is installed
 */
record UdevRule(Path control, Path rule) implements Protection {
  private static final String WHAT = "udev and guests' disks";
  private static final String RULE = "/dev/regild/servicing/10-regild.rules";

  /** Where the host has them. */
  UdevRule() {
    this(Path.of("/run/udev/control"), Path.of("/etc/udev/rules.d/10-regild.rules"));
  }

  @Override
  public Finding look() {
    if (Files.notExists(control)) {
      return Finding.unneeded(WHAT, "udev is not running here");
    }
    try (InputStream ours = UdevRule.class.getResourceAsStream(RULE)) {
      if (ours == null) {
        throw new IllegalStateException(RULE + " is missing from the program");
      }
      String wanted = new String(ours.readAllBytes(), StandardCharsets.UTF_8);
      if (Files.exists(rule) && Files.readString(rule).equals(wanted)) {
        return Finding.holds(WHAT, rule + " keeps udev from the loop devices of guests");
      }
      return Finding.missing(
          WHAT,
          "udev reads guests' disks as root in isolation namespace, without %s of this version; as root, run: ./regild setup USER"
              .formatted(rule));
    } catch (IOException e) {
      return Finding.missing(WHAT, rule + " cannot be read: " + e.getMessage());
    }
  }
}
