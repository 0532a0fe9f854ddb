package dev.regild.windows.servicing;

import dev.regild.inventory.DiskLayout;
import dev.regild.machine.Accelerator;
import dev.regild.machine.BuilderMachine;
import dev.regild.machine.MachineSpec;
import dev.regild.machine.ProgramException;
import dev.regild.machine.VirtualMachineException;
import dev.regild.servicing.GuestDisk;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.QualificationReport;
import dev.regild.servicing.Watcher;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Boots a Windows disk on a throw-away layer, as it would boot for its users, with no network, and
 * asks it through its guest agent how that went.
 */
public final class WindowsQualification {
  private final int memoryMiB;
  private final int cpus;
  private final Supplier<Accelerator> accelerator;
  private final WindowsLimits limits;

  /**
   * @param memoryMiB of the machine; Windows wants 4096 at least
   * @param cpus of the machine
   */
  public WindowsQualification(
      int memoryMiB, int cpus, Supplier<Accelerator> accelerator, WindowsLimits limits) {
    this.memoryMiB = memoryMiB;
    this.cpus = cpus;
    this.accelerator = accelerator;
    this.limits = limits;
  }

  /**
   * Boots a disk, asks it, and shuts it down.
   *
   * @param layer a throw-away layer on the disk to prove; it is written to
   * @param services names of the services that must run beside the guest agent's
   * @param directory of the caller, for the machine's files; made if it is missing
   * @param watcher is told of the machine before it starts
   * @return the running build as the kernel, and each device with a problem and each service that
   *     should run and doesn't as a failed unit
   * @throws GuestException if it did not come up and answer, or did not shut down, in time
   */
  public QualificationReport run(
      Path layer, DiskLayout layout, Set<String> services, Path directory, Watcher watcher)
      throws GuestException, InterruptedException {
    WindowsServicing.make(directory);
    MachineSpec spec =
        new MachineSpec(
            layer,
            GuestDisk.bases(layer),
            layout.machine(),
            memoryMiB,
            cpus,
            accelerator.get(),
            directory);
    try (BuilderMachine machine = new BuilderMachine(spec, Optional.empty())) {
      watcher.running(machine::abort);
      machine.start();
      WindowsGuest guest = new WindowsGuest(machine, limits, line -> {});
      return new WindowsExamination(guest, limits).run(services);
    } catch (VirtualMachineException | ProgramException e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
  }
}
