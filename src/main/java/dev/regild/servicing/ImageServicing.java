package dev.regild.servicing;

import dev.regild.inventory.DiskLayout;
import dev.regild.machine.ProgramException;
import dev.regild.plan.UpdatePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * What the images of a platform need: how their disks are serviced, how it is read what is
 * installed afterwards, and how they are booted.
 */
public interface ImageServicing {
  /**
   * Begins the servicing of an overlay, which is there.
   *
   * @param watcher is told how to end at once what is begun
   */
  Servicing open(ServicingTask task, Watcher watcher)
      throws IOException, ProgramException, InterruptedException;

  /**
   * Boots a disk with no network, as it would boot for its users, and has it report how that went.
   *
   * @param layer a throw-away layer on the disk to prove; it is written to
   * @param services that must run besides those that every system of the platform has
   * @param directory of the caller, for what the machine needs
   * @throws GuestException if it did not come up and report in time; the message says what it did
   *     instead
   */
  QualificationReport boot(
      Path layer, DiskLayout layout, Set<String> services, Path directory, Watcher watcher)
      throws GuestException, InterruptedException;

  /** The setting that limits how long a boot takes. */
  String bootLimit();

  /** Of a plan's changes, those that the report of a boot would show. */
  UpdatePlan shownByBoot(UpdatePlan plan);
}
