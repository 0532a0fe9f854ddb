package dev.regild.servicing;

import dev.regild.plan.UpdatePlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.DoubleConsumer;

/**
 * What the upgrades of all package managers have in common: a snapshot's indexes and the files of
 * the transaction are handed to the guest, and the image's identity is kept.
 */
abstract class OfflineUpgrade implements PackageManager {
  final Guest guest;

  /** The longest that the package manager may take at a time. */
  final Duration applyLimit;

  /** What is promised, and whether more than that may change. */
  final UpdatePlan plan;

  private final Keepsakes keepsakes;

  OfflineUpgrade(Guest guest, Duration applyLimit, UpdatePlan plan) {
    this.guest = guest;
    this.applyLimit = applyLimit;
    this.plan = plan;
    this.keepsakes = new Keepsakes(guest);
  }

  @Override
  public final Transaction resolve(Path indexes) throws GuestException {
    guest.upload(indexes, "snapshot");
    return ask();
  }

  /** Asks the package manager; the indexes are in the workspace. */
  abstract Transaction ask() throws GuestException;

  @Override
  public final void apply(Transaction transaction, Path packages, DoubleConsumer progress)
      throws GuestException {
    guest.upload(packages, "packages");
    keepsakes.save();
    carryOut(transaction, progress);
  }

  /** Has the package manager do it; the files are in the workspace. */
  abstract void carryOut(Transaction transaction, DoubleConsumer progress) throws GuestException;

  @Override
  public final void seal() throws GuestException {
    tidyUp();
    keepsakes.restore();
    guest.trim();
  }

  /** Undoes what {@link #carryOut} did to the disk for its own needs. */
  abstract void tidyUp() throws GuestException;
}
