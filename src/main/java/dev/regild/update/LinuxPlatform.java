package dev.regild.update;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.InventoryReader;
import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.Guests;
import dev.regild.servicing.PackageManager;
import dev.regild.servicing.PackageTool;
import dev.regild.servicing.QualificationBoot;
import dev.regild.servicing.QualificationReport;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.DoubleConsumer;

/**
 * A platform that is serviced offline: its disk is opened, and its own package manager runs in it.
 *
 * @param guests opens disks
 * @param boot has the booted system report through systemd
 * @param tool that its packages are installed with
 */
record LinuxPlatform(Guests guests, QualificationBoot boot, PackageTool tool) implements Platform {
  @Override
  public Servicing open(Update update, Watcher watcher) throws GuestException {
    Guest guest =
        guests.open(
            update.overlay(), update.base().layout(), update.directory().resolve("guest"), watcher);
    return new Offline(
        guest,
        guests.packageManager(guest, tool, update.plan(), update.options()),
        "isolation " + guests.isolation(),
        "Repair the image's packages (%s), and import it again.".formatted(tool.repair()),
        update.snapshot().directory());
  }

  /** A service is a unit of systemd, which reports each that failed. */
  @Override
  public QualificationReport boot(
      Path layer, DiskLayout layout, Set<String> services, Path directory, Watcher watcher)
      throws GuestException, InterruptedException {
    return boot.run(layer, layout, tool.system(), directory, watcher);
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
      Guest guest, PackageManager packageManager, String manner, String repair, Path indexes)
      implements Servicing {
    @Override
    public Inventory inventory() throws IOException, UnfitDiskException {
      return InventoryReader.read(guest);
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
      return InventoryReader.read(guest);
    }

    @Override
    public void seal() throws GuestException {
      packageManager.seal();
      guest.close();
    }
  }
}
