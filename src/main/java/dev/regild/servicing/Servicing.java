package dev.regild.servicing;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Change;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.DoubleConsumer;

/**
 * The work on one update's disk, from the end of Prepare to the end of Seal. The methods are called
 * in the order in which they stand; whoever gives up between them runs what the watcher was told.
 */
public interface Servicing {
  /** How it is serviced, in a few words for the record. */
  String manner();

  /** What is installed as long as nothing is changed. */
  Inventory inventory() throws IOException, UnfitDiskException;

  /**
   * What has to be fetched and installed, decided without changing the disk.
   *
   * @throws IOException if there is no way, with what the guest said
   */
  Transaction resolve() throws IOException, InterruptedException;

  /** What the image's owner can do where there is no way. */
  String repair();

  /** Why a change of the plan is not part of the transaction, in a few words. */
  String whyKeptBack(Change change) throws IOException;

  /**
   * Carries the transaction out.
   *
   * @param packages a directory with every file of the transaction, by its name there
   * @param progress is told how far it is, 0 to 1
   */
  void apply(Transaction transaction, Path packages, DoubleConsumer progress)
      throws IOException, InterruptedException;

  /**
   * What is installed now.
   *
   * @throws IOException if anything is left half installed
   */
  Inventory verify() throws IOException, UnfitDiskException, InterruptedException;

  /** Takes every trace of the servicing off the disk, and closes it. */
  void seal() throws IOException, InterruptedException;
}
