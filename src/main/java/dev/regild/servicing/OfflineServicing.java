package dev.regild.servicing;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.InstalledSystem;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.InventoryReader;
import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleConsumer;

/**
 * A platform that is serviced offline: its disk is opened, and its own package manager runs in it.
 *
 * @param guests opens disks
 * @param boot has the booted system report through systemd
 * @param tool that its packages are installed with
 * @param system of its packages
 */
public record OfflineServicing(
    Guests guests, QualificationBoot boot, PackageTool tool, InstalledSystem system)
    implements ImageServicing {
  /** Returns the servicing of a package system's images on these machines. */
  public static OfflineServicing on(
      ServicingMachines machines, PackageTool tool, InstalledSystem system) {
    Guests guests = machines.guests();
    return new OfflineServicing(
        guests, new QualificationBoot(guests, machines.boot()), tool, system);
  }

  @Override
  public Servicing open(ServicingTask task, Watcher watcher) throws GuestException {
    Guest guest =
        guests.open(task.overlay(), task.layout(), task.directory().resolve("guest"), watcher);
    return new Offline(
        guest,
        tool.of(guest, guests.applyLimit(), task.plan(), task.options()),
        "isolation " + guests.isolation(),
        "Repair the image's packages (%s), and import it again.".formatted(tool.repair()),
        task.snapshot(),
        system);
  }

  /** A service is a unit of systemd, which reports each that failed. */
  @Override
  public QualificationReport boot(
      Path layer, DiskLayout layout, Set<String> services, Path directory, Watcher watcher)
      throws GuestException, InterruptedException {
    return boot.run(layer, layout, tool.listing(), directory, watcher);
  }

  @Override
  public String bootLimit() {
    return "qualification.time-limit";
  }

  @Override
  public UpdatePlan shownByBoot(UpdatePlan plan) {
    return plan;
  }

  private record Offline(
      Guest guest,
      PackageManager packageManager,
      String manner,
      String repair,
      Path indexes,
      InstalledSystem system)
      implements Servicing {
    @Override
    public Inventory inventory() throws IOException, UnfitDiskException {
      return InventoryReader.read(List.of(system), guest);
    }

    @Override
    public String whyKeptBack(Change change) throws GuestException {
      return packageManager.whyKeptBack(change);
    }

    @Override
    public Transaction resolve() throws GuestException {
      return packageManager.resolve(indexes);
    }

    @Override
    public void apply(Transaction transaction, Path packages, DoubleConsumer progress)
        throws GuestException {
      packageManager.apply(transaction, packages, progress);
    }

    @Override
    public Inventory verify() throws IOException, UnfitDiskException {
      packageManager.verify();
      return InventoryReader.read(List.of(system), guest);
    }

    @Override
    public void seal() throws GuestException {
      packageManager.seal();
      guest.close();
    }
  }
}
