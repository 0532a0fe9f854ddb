package dev.regild.windows.servicing;

import dev.regild.channel.PackageSystems;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.DiskLayout;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.machine.BuilderMachine;
import dev.regild.machine.MachineSpec;
import dev.regild.plan.WindowsFacts;
import dev.regild.servicing.GuestDisk;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.QualificationBoot;
import dev.regild.servicing.Watcher;
import dev.regild.windows.registry.PendingRestart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Tries whether a Windows image can be serviced, without a package: its disk is read, it is started
 * in the machine of an update, asked all that an update asks, restarted, shut down, and its disk is
 * read again.
 */
public final class WindowsTrial {
  private static final String DOES_NOT_FAIL =
      " An update does not fail because of it, since the image has it already.";

  private final QualificationBoot.Machine machine;
  private final Supplier<Accelerator> accelerator;
  private final WindowsLimits limits;

  /**
   * @param machine its time limit is for each start and each shutdown
   */
  public WindowsTrial(QualificationBoot.Machine machine, Supplier<Accelerator> accelerator) {
    this.machine = machine;
    this.accelerator = accelerator;
    this.limits = WindowsLimits.of(machine.timeLimit(), machine.timeLimit());
  }

  /**
   * Does the steps until one fails.
   *
   * @param overlay a throw-away qcow2 on the image's disk; it is written to
   * @param layout of the disk, as the registry has it
   * @param directory of the caller, for what the machine and the appliance need; made if missing
   * @param watcher is told of the appliance and the machine before they start
   * @param told of each step as soon as it has ended
   */
  public void run(
      Path overlay, DiskLayout layout, Path directory, Watcher watcher, Consumer<TrialStep> told)
      throws InterruptedException {
    var _ = new Run(overlay, layout, directory, watcher, new TrialSteps(told)).all();
  }

  private final class Run {
    private final Path overlay;
    private final DiskLayout layout;
    private final Path directory;
    private final Watcher watcher;
    private final TrialSteps steps;
    private String build = "";

    Run(Path overlay, DiskLayout layout, Path directory, Watcher watcher, TrialSteps steps) {
      this.overlay = overlay;
      this.layout = layout;
      this.directory = directory;
      this.watcher = watcher;
      this.steps = steps;
    }

    boolean all() throws InterruptedException {
      return steps.step("Read the disk", this::readBefore)
          && steps.step("Make a CD", () -> WindowsCd.makeEmpty(directory))
          && inMachine()
          && steps.step("Read the disk again", this::readAfter);
    }

    private void readBefore() throws IOException, UnfitDiskException {
      DiskInspection inspection = inspect("before");
      WindowsFacts facts = facts(inspection);
      build = facts.build();
      steps.found(
          "%s, edition %s%s, build %s, %s"
              .formatted(
                  inspection.inventory().os().name(),
                  facts.edition(),
                  facts.displayVersion().isEmpty() ? "" : " " + facts.displayVersion(),
                  build,
                  inspection.inventory().architecture()));
      MachineSpec.Hardware hardware = layout.machine();
      steps.found(
          "%s, disk on %s, %s"
              .formatted(layout.firmware(), hardware.bus(), hardware.tpm() ? "TPM 2.0" : "no TPM"));
      steps.found(
          "%d updates, %d added drivers, %d devices, %d programs"
              .formatted(
                  facts.updates().size(),
                  facts.drivers().size(),
                  facts.devices().size(),
                  facts.programs().size()));
      steps.found(
          facts.pendingRestarts().isEmpty()
              ? "no restart is pending"
              : "a restart is pending (%s); an update restarts it first"
                  .formatted(String.join(", ", facts.pendingRestarts())));
      if (!inspection.layout().machine().equals(hardware)) {
        steps.problem(
            "The disk says %s now".formatted(inspection.layout().machine()),
            "Import the image again with this version of Regild.");
      }
    }

    private boolean inMachine() throws InterruptedException {
      List<Path> bases;
      try {
        bases = GuestDisk.bases(overlay);
      } catch (GuestException e) {
        steps.problem(String.valueOf(e.getMessage()), "Try again on a new overlay.");
        return false;
      }
      Path own = directory.resolve("machine");
      MachineSpec spec =
          new MachineSpec(
              overlay,
              bases,
              layout.machine(),
              machine.memoryMiB(),
              machine.cpus(),
              accelerator.get(),
              own);
      try (BuilderMachine running =
          new BuilderMachine(spec, Optional.of(directory.resolve(WindowsCd.EMPTY)))) {
        watcher.running(running::abort);
        WindowsGuest guest = new WindowsGuest(running, limits, steps::found);
        WindowsExamination examination = new WindowsExamination(guest, limits);
        return steps.step(
                "Start Windows",
                () -> {
                  Files.createDirectories(own);
                  running.start();
                  guest.awaitStart();
                  steps.found("the guest agent answers");
                })
            && steps.step("Find the CD", () -> findCd(guest))
            && steps.step("Ask for its build", () -> askBuild(guest))
            && steps.step("Ask for pending restarts", () -> askPending(guest))
            && steps.step("Ask for its services", () -> askServices(examination))
            && steps.step("Ask for its devices", () -> askDevices(examination))
            && steps.step("Restart Windows", () -> restart(guest))
            && steps.step("Shut Windows down", guest::shutDown);
      }
    }

    private void findCd(WindowsGuest guest) throws GuestException, InterruptedException {
      steps.found("the CD is " + WindowsCd.drive(guest));
    }

    private void askBuild(WindowsGuest guest) throws GuestException, InterruptedException {
      String version = SystemVersion.of(guest);
      steps.found("Windows " + version);
      if (!version.endsWith("." + build)) {
        steps.problem(
            "The running build differs from the one on the disk, " + build,
            "Something in the image updates it at startup: start it, let that finish, shut it"
                + " down, and import it again.");
      }
    }

    private void askPending(WindowsGuest guest) throws GuestException, InterruptedException {
      Set<PendingRestart> pending = guest.pendingRestarts();
      steps.found(
          pending.isEmpty()
              ? "no restart is pending"
              : "a restart is pending: " + PendingRestart.spoken(pending));
    }

    private void askServices(WindowsExamination examination)
        throws GuestException, InterruptedException {
      for (String problem : examination.serviceProblems(Set.of())) {
        steps.problem(problem, "Look at the service in the image's event log." + DOES_NOT_FAIL);
      }
    }

    private void askDevices(WindowsExamination examination)
        throws GuestException, InterruptedException {
      for (String problem : examination.deviceProblems()) {
        steps.problem(
            problem,
            "Install its driver in the image, or add the driver to the channel." + DOES_NOT_FAIL);
      }
    }

    private void restart(WindowsGuest guest) throws GuestException, InterruptedException {
      guest.restart();
      findCd(guest);
      Set<PendingRestart> pending = guest.pendingRestarts();
      if (pending.equals(Set.of(PendingRestart.FILES))) {
        steps.found("a program replaces files at each start");
      } else if (!pending.isEmpty()) {
        steps.problem(
            "A restart is still pending (%s)".formatted(PendingRestart.spoken(pending)),
            "An update would restart it up to five times. If that doesn't help, start the image,"
                + " and install what is pending by hand.");
      }
    }

    private void readAfter() throws IOException, UnfitDiskException {
      WindowsFacts facts = facts(inspect("after"));
      steps.found("the file system is clean, build " + facts.build());
      if (!facts.build().equals(build)) {
        steps.problem(
            "The build was %s before".formatted(build),
            "Something in the image updates it at startup: start it, let that finish, shut it"
                + " down, and import it again.");
      }
      List<String> pending = PendingRestart.blocking(facts.pendingRestarts());
      if (!pending.isEmpty()) {
        steps.problem(
            "Windows was shut down but still needs a restart (%s)"
                .formatted(String.join(", ", pending)),
            "An update would fail because of it. " + PendingRestart.REMEDY);
      }
    }

    private DiskInspection inspect(String name) throws IOException, UnfitDiskException {
      return new DiskInspector(new Appliances(accelerator), PackageSystems.installed().all())
          .inspect(
              overlay,
              DiskFormat.QCOW2,
              Files.createDirectories(directory.resolve(name)),
              watcher::running);
    }

    private static WindowsFacts facts(DiskInspection inspection) throws UnfitDiskException {
      return inspection
          .inventory()
          .windows()
          .orElseThrow(() -> new UnfitDiskException("This disk contains no Windows."));
    }
  }
}
