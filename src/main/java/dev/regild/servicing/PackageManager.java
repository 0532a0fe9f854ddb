package dev.regild.servicing;

import dev.regild.plan.Change;
import java.nio.file.Path;
import java.util.function.DoubleConsumer;

/**
 * The package manager of an opened guest, fed from a snapshot, offline. The methods are called in
 * the order in which they stand.
 */
public interface PackageManager {
  /**
   * Asks what an upgrade to a snapshot would do, without doing it: a full one, or one that is
   * limited to a plan.
   *
   * @param indexes a directory of the host with the snapshot's indexes, as this package manager
   *     keeps them
   * @throws GuestException if the package manager finds no way, with what it said
   */
  Transaction resolve(Path indexes) throws GuestException;

  /**
   * Asks why a change of the plan is not part of the transaction.
   *
   * @return in a few words
   */
  String whyKeptBack(Change change) throws GuestException;

  /**
   * Carries the transaction out.
   *
   * @param packages a directory of the host with every file of the transaction, by its name there
   * @param progress is told how far it is, 0 to 1, where the isolation shows that
   */
  void apply(Transaction transaction, Path packages, DoubleConsumer progress) throws GuestException;

  /**
   * Asks whether every package is whole.
   *
   * @throws GuestException if a package is left half installed or not configured
   */
  void verify() throws GuestException;

  /** Takes every trace of the servicing off the disk, and puts the image's identity back. */
  void seal() throws GuestException;
}
