package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.inventory.DiskLayout;
import dev.regild.machine.MachineSpec;
import dev.regild.machine.ProgramException;
import dev.regild.machine.VirtualMachine;
import dev.regild.machine.VirtualMachineException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Boots a disk on a throw-away layer, as it would boot for its users, with no network, and has it
 * report how that went. A unit of ours, on the throw-away layer only, writes the report.
 */
public final class QualificationBoot {
  private static final String UNITS = "/etc/systemd/system/";
  private static final String FALLBACK = Guest.WORKSPACE + "/efi-fallback.sh";
  private static final String UNIT = "regild-qualification.service";

  private final Guests guests;
  private final Machine machine;

  /**
   * The machine that images are booted on.
   *
   * @param memoryMiB its memory
   * @param cpus its virtual processors
   * @param timeLimit from power-on to power-off
   */
  public record Machine(int memoryMiB, int cpus, Duration timeLimit) {}

  public QualificationBoot(Guests guests, Machine machine) {
    this.guests = guests;
    this.machine = machine;
  }

  /**
   * Boots a disk, and waits for its report.
   *
   * @param layer a throw-away layer on the disk to prove; it is written to
   * @param listing the script of {@link PackageTool#listing}
   * @param directory of the caller, for the machine's files
   * @throws GuestException if it did not come up and report in time; the message holds the end of
   *     its serial console
   */
  QualificationReport run(
      Path layer, DiskLayout layout, String listing, Path directory, Watcher watcher)
      throws GuestException, InterruptedException {
    placeUnit(layer, layout, listing, directory.resolve("unit"), watcher);
    MachineSpec spec =
        new MachineSpec(
            layer,
            GuestDisk.bases(layer),
            layout.machine(),
            machine.memoryMiB(),
            machine.cpus(),
            guests.appliances().accelerator().get(),
            directory);
    return boot(spec, watcher);
  }

  private void placeUnit(
      Path layer, DiskLayout layout, String listing, Path directory, Watcher watcher)
      throws GuestException {
    try (Guest guest = guests.open(layer, layout, directory, watcher)) {
      guest.write("/etc/regild-qualification.sh", Resources.read("qualification.sh"), 0755);
      guest.write("/etc/regild-packages.sh", listing.getBytes(UTF_8), 0755);
      guest.write(UNITS + UNIT, Resources.read("qualification.service"), 0644);
      guest.run("mkdir", "-p", UNITS + "sysinit.target.wants", "/etc/systemd/journald.conf.d");
      guest.write(
          "/etc/systemd/journald.conf.d/regild-qualification.conf",
          Resources.read("qualification-journald.conf"),
          0644);
      guest.run("ln", "-s", UNITS + UNIT, UNITS + "sysinit.target.wants/" + UNIT);
      new Selinux(guest).onlyWarn();
      if (layout.firmware() == DiskLayout.Firmware.UEFI) {
        placeFallback(guest, layout);
      }
    }
  }

  /** The variables of the machine are new, so its firmware knows of no vendor's boot loader. */
  private static void placeFallback(Guest guest, DiskLayout layout) throws GuestException {
    guest.write(FALLBACK, Resources.read("efi-fallback.sh"), 0755);
    List<String> command = new ArrayList<>(List.of("sh", FALLBACK, ""));
    layout.filesystems().stream()
        .filter(each -> each.type().equals("vfat"))
        .map(DiskLayout.Filesystem::mountPoint)
        .forEach(command::add);
    guest.run(command, Duration.ofMinutes(5), line -> {});
  }

  private QualificationReport boot(MachineSpec spec, Watcher watcher)
      throws GuestException, InterruptedException {
    VirtualMachine.Run run;
    try {
      VirtualMachine virtualMachine = new VirtualMachine(spec);
      watcher.running(virtualMachine::abort);
      run = virtualMachine.run(machine.timeLimit());
    } catch (VirtualMachineException | ProgramException e) {
      throw new GuestException(String.valueOf(e.getMessage()), e);
    }
    try {
      return QualificationReport.parse(run.report()).with(run.seen());
    } catch (GuestException e) {
      throw new GuestException(
          e.getMessage() + " The end of its serial console:\n" + run.console(), e);
    }
  }
}
