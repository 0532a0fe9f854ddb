package dev.regild.image;

import java.util.List;

/**
 * What an image said of itself when it was booted on a throw-away layer.
 *
 * @param kernel the kernel's release: {@code 6.1.0-37-amd64}
 * @param systemState what {@code systemctl is-system-running} said: {@code running}, {@code
 *     degraded}
 * @param failedUnits the units that failed to start, by name
 */
public record Qualification(String kernel, String systemState, List<String> failedUnits) {
  public Qualification {
    failedUnits = List.copyOf(failedUnits);
  }
}
