package dev.regild.windows;

import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Driver;
import java.util.List;

/**
 * What is known of a Windows image, as our endpoints show it.
 *
 * @param updates the updates that are installed: by KB, or by identity where the number isn't known
 * @param drivers the drivers that were added, each with its INF, version and provider
 * @param pendingRestarts the signs that it wants a restart, by the registry's own names
 */
record WindowsView(
    String edition,
    String displayVersion,
    String build,
    List<String> updates,
    List<DriverView> drivers,
    List<String> pendingRestarts) {

  /**
   * A driver.
   *
   * @param version its date and its version
   */
  record DriverView(String inf, String version, String provider) {
    static DriverView of(Driver driver) {
      return new DriverView(driver.inf(), driver.version(), driver.provider());
    }
  }

  static WindowsView of(WindowsFacts facts) {
    return new WindowsView(
        facts.edition(),
        facts.displayVersion(),
        facts.build(),
        facts.updates().stream()
            .filter(update -> update.state().equals("INSTALLED"))
            .map(update -> update.kb().isEmpty() ? update.identity() : update.kb())
            .distinct()
            .toList(),
        facts.drivers().stream().map(DriverView::of).toList(),
        facts.pendingRestarts());
  }
}
