package dev.regild.windows.servicing;

import dev.regild.machine.GuestAgent;
import dev.regild.machine.LostProgramException;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.GuestText;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Installs packages from a CD in a Windows that runs: in phases, the servicing stack first, each
 * with the restarts that it needs; then cleans the component store, and shuts the guest down.
 */
final class WindowsInstallation {
  /**
   * The kinds that share their restarts. Whatever comes after a servicing stack is installed by it.
   */
  private static final List<Set<Kind>> PHASES =
      List.of(
          Set.of(Kind.SERVICING_STACK),
          Set.of(Kind.CUMULATIVE, Kind.DOTNET, Kind.UPDATE),
          Set.of(Kind.DRIVER),
          Set.of(Kind.AGENT));

  private final WindowsGuest guest;
  private final WindowsCd cd;
  private final WindowsLimits limits;
  private final Consumer<String> log;
  private final DoubleConsumer progress;
  private final Restarts restarts;
  private int installed;

  /**
   * @param log is told what is done, a line each
   * @param progress is told how far it is, 0 to 1
   */
  WindowsInstallation(
      WindowsGuest guest,
      WindowsCd cd,
      WindowsLimits limits,
      Consumer<String> log,
      DoubleConsumer progress) {
    this.guest = guest;
    this.cd = cd;
    this.limits = limits;
    this.log = log;
    this.progress = progress;
    this.restarts = new Restarts(guest, log);
  }

  /**
   * Does all of it; the guest is off then.
   *
   * @throws GuestException if a package can't be installed, the guest wants one restart too many,
   *     or a time is up
   */
  void run() throws GuestException, InterruptedException {
    guest.awaitStart();
    restarts.settle();
    for (Set<Kind> phase : PHASES) {
      List<WindowsCd.Content> contents =
          cd.contents().stream().filter(content -> phase.contains(content.pack().kind())).toList();
      if (!contents.isEmpty()) {
        install(contents);
        restarts.settle();
      }
    }
    cleanUp();
    restarts.settle();
    guest.shutDown();
    progress.accept(1);
  }

  private void install(List<WindowsCd.Content> contents)
      throws GuestException, InterruptedException {
    for (WindowsCd.Content content : contents) {
      restarts.begin();
      for (String file : content.files()) {
        new PackageAttempt(guest, restarts, limits, log, content.pack(), file).run();
      }
      progress.accept(++installed / (cd.contents().size() + 1.0));
    }
  }

  /** Removes what the updates have superseded. The image is right without that, only larger. */
  private void cleanUp() throws GuestException, InterruptedException {
    log.accept("Cleaning the component store.");
    GuestAgent.Execution ended;
    try {
      ended =
          guest.run(
              Dism.online("/Cleanup-Image", "/StartComponentCleanup", "/Quiet", "/NoRestart"),
              limits.cleanup());
    } catch (LostProgramException | GuestException e) {
      notCleaned(e.getMessage());
      endCleanup();
      return;
    }
    switch (WindowsExitCode.outcome(ended.exitCode())) {
      case DONE -> {}
      case RESTART -> restarts.ask();
      case RESTARTS, RESTART_FIRST, BUSY, NOT_APPLICABLE, OTHER_VERSION, NO_DEVICE, FAILED ->
          notCleaned(
              WindowsExitCode.spoken(ended.exitCode()) + "." + GuestText.said(ended.output()));
    }
  }

  /**
   * A cleanup that may still run would hold up the shutdown, and leave something pending. A guest
   * that is gone does not answer here either, and fails.
   */
  private void endCleanup() throws GuestException, InterruptedException {
    guest.awaitStart();
    var _ = guest.ask(List.of("taskkill.exe", "/f", "/im", Dism.PROGRAM));
    restarts.ask();
  }

  private void notCleaned(@Nullable String why) {
    log.accept("The component store could not be cleaned: " + why);
  }
}
