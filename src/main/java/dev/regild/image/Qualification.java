package dev.regild.image;

import java.util.List;

/**
 * What an image said of itself when it was booted on a throw-away layer.
 *
 * @param kernel the kernel's release: {@code 6.1.0-37-amd64}
 * @param systemState what {@code systemctl is-system-running} said: {@code running}, {@code
 *     degraded}
 * @param failedUnits the units that failed to start, by name
 * @param warnings what its owner should know, though it failed nothing
 */
public record Qualification(
    String kernel, String systemState, List<String> failedUnits, List<String> warnings) {
  public Qualification {
    failedUnits = List.copyOf(failedUnits);
    // What was stored before there were warnings has none.
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
  }

  /** One without warnings. */
  public Qualification(String kernel, String systemState, List<String> failedUnits) {
    this(kernel, systemState, failedUnits, List.of());
  }
}
