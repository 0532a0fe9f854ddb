package dev.regild.servicing;

import dev.regild.apt.Apt;
import dev.regild.inventory.DiskLayout;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.rpm.RpmUpgrade;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Opens guests, and chooses what services them.
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

  /**
   * The package manager of an opened guest.
   *
   * @param plan what is to change; no more than that and what it needs, if it says so
   * @param options what the operator allows
   */
  public PackageManager packageManager(
      Guest guest, PackageTool tool, UpdatePlan plan, UpdateOptions options) {
    return switch (tool) {
      case APT -> new Apt(guest, applyLimit, plan, options);
      case DNF -> new RpmUpgrade(guest, applyLimit, plan, RpmUpgrade.Tool.DNF);
      case YUM -> new RpmUpgrade(guest, applyLimit, plan, RpmUpgrade.Tool.YUM);
    };
  }
}
