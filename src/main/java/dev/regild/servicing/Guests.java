package dev.regild.servicing;

import dev.regild.inventory.DiskLayout;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Opens guests.
 *
 * @param isolation what stands between a guest and the host
 * @param appliances how appliances are started
 * @param applyLimit the longest that a package manager may take
 */
public record Guests(Isolation isolation, Appliances appliances, Duration applyLimit) {
  /** With the default limit of an appliance's start. */
  public Guests(Isolation isolation, Supplier<Accelerator> accelerator, Duration applyLimit) {
    this(isolation, new Appliances(accelerator), applyLimit);
  }

  /**
   * Opens a disk for writing.
   *
   * @param overlay a qcow2 file that nothing else has open
   * @param directory of the caller, for what the guest needs on the host; made if it is missing
   * @param watcher is told of the guest before it is opened
   */
  public Guest open(Path overlay, DiskLayout layout, Path directory, Watcher watcher)
      throws GuestException {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new GuestException("Cannot create " + directory + ": " + e.getMessage(), e);
    }
    return switch (isolation) {
      case VM -> new ApplianceGuest(overlay, layout, directory, appliances, watcher);
      case NAMESPACE -> new NamespaceGuest(overlay, layout, directory, watcher);
    };
  }
}
