package dev.regild.windows.servicing;

import java.time.Duration;

/**
 * How long a Windows guest may take.
 *
 * @param start from power-on, and from each restart, until its agent answers and it has settled
 * @param tool for one run of an installer
 * @param question for a question to the registry or the services
 * @param shutdown from the request to power-off
 * @param busyPause before an installer that found another one at work is run again, up to {@value
 *     #BUSY_TRIES} times
 */
public record WindowsLimits(
    Duration start, Duration tool, Duration question, Duration shutdown, Duration busyPause) {
  static final int BUSY_TRIES = 20;

  private static final Duration LONGEST_CLEANUP = Duration.ofMinutes(45);

  /** For a machine that starts within a limit, whose packages take up to another to install. */
  public static WindowsLimits of(Duration startLimit, Duration applyLimit) {
    return new WindowsLimits(
        startLimit, applyLimit, Duration.ofMinutes(5), startLimit, Duration.ofSeconds(30));
  }

  /** For the cleanup of the component store, without which an image is good, too. */
  Duration cleanup() {
    return tool.compareTo(LONGEST_CLEANUP) < 0 ? tool : LONGEST_CLEANUP;
  }
}
