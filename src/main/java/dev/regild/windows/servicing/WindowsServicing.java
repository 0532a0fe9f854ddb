package dev.regild.windows.servicing;

import dev.regild.inventory.DiskLayout;
import dev.regild.machine.Accelerator;
import dev.regild.machine.BuilderMachine;
import dev.regild.machine.MachineSpec;
import dev.regild.machine.ProgramException;
import dev.regild.machine.VirtualMachineException;
import dev.regild.servicing.GuestDisk;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.Watcher;
import dev.regild.windows.catalogue.WindowsPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;

/**
 * Changes the disk of a Windows image while it runs, in a machine without a network: by Windows'
 * own installers, from a read-only CD, told through the QEMU guest agent.
 */
public final class WindowsServicing {
  private final int memoryMiB;
  private final int cpus;
  private final Supplier<Accelerator> accelerator;
  private final WindowsLimits limits;

  /**
   * @param memoryMiB of the machine; Windows wants 4096 at least
   * @param cpus of the machine
   */
  public WindowsServicing(
      int memoryMiB, int cpus, Supplier<Accelerator> accelerator, WindowsLimits limits) {
    this.memoryMiB = memoryMiB;
    this.cpus = cpus;
    this.accelerator = accelerator;
    this.limits = limits;
  }

  /**
   * Boots a disk, installs packages, and shuts it down; the disk then holds all of it.
   *
   * @param overlay a qcow2 file that nothing else has open
   * @param packages to install, in any order
   * @param files a directory of the host with every file of the packages
   * @param directory of the caller, for the machine and its CD; made if it is missing
   * @param watcher is told of the machine before it starts
   * @param log is told what is done, a line each
   * @param progress is told how far it is, 0 to 1
   * @throws GuestException if a package can't be installed; the message names it, the exit code,
   *     its meaning and what to do, and holds what the installer said
   */
  public void run(
      Path overlay,
      DiskLayout layout,
      List<WindowsPackage> packages,
      Path files,
      Path directory,
      Watcher watcher,
      Consumer<String> log,
      DoubleConsumer progress)
      throws GuestException, InterruptedException {
    make(directory);
    WindowsCd cd = WindowsCd.make(packages, files, directory);
    MachineSpec spec =
        new MachineSpec(
            overlay,
            GuestDisk.bases(overlay),
            layout.machine(),
            memoryMiB,
            cpus,
            accelerator.get(),
            directory);
    try (BuilderMachine machine = new BuilderMachine(spec, Optional.of(cd.iso()))) {
      watcher.running(machine::abort);
      machine.start();
      WindowsGuest guest = new WindowsGuest(machine, limits, log);
      new WindowsInstallation(guest, cd, limits, log, progress).run();
    } catch (VirtualMachineException | ProgramException e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
  }

  static void make(Path directory) throws GuestException {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new GuestException("Cannot create " + directory + ": " + e.getMessage(), e);
    }
  }
}
