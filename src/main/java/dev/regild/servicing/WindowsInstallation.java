package dev.regild.servicing;

import dev.regild.machine.GuestAgent;
import dev.regild.machine.LostProgramException;
import dev.regild.plan.PendingRestart;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsPackage;
import dev.regild.plan.WindowsVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;

/**
 * Installs packages from a CD in a Windows that runs: by kinds, the servicing stack first, each
 * kind with the restarts that it needs; then cleans the component store, and shuts the guest down.
 */
final class WindowsInstallation {
  /** Of one servicing, whoever asks for them. */
  private static final int MAX_RESTARTS = 5;

  private static final String DISM = "dism.exe";
  private static final List<String> ONLINE = List.of(DISM, "/Online", "/English");
  private static final Set<String> THERE = Set.of("Installed", "Install Pending", "Superseded");

  private static final String DISM_LOG =
      "Get-Content -Tail 20 (Join-Path $env:windir 'Logs\\DISM\\dism.log')";

  private final WindowsGuest guest;
  private final WindowsCd cd;
  private final WindowsLimits limits;
  private final Consumer<String> log;
  private final DoubleConsumer progress;
  private int installed;
  private int restarts;
  private boolean replacesFilesAtEachStart;

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
  }

  /**
   * Does all of it; the guest is off then.
   *
   * @throws GuestException if a package can't be installed, the guest wants one restart too many,
   *     or a time is up
   */
  void run() throws GuestException, InterruptedException {
    guest.awaitStart();
    settle(false);
    for (WindowsPackage.Kind kind : WindowsPackage.Kind.values()) {
      List<WindowsCd.Content> ofKind =
          cd.contents().stream().filter(content -> content.pack().kind() == kind).toList();
      if (!ofKind.isEmpty()) {
        settle(install(ofKind));
      }
    }
    settle(cleanUp());
    guest.shutDown();
    progress.accept(1);
  }

  /** Restarts the guest until nothing in it asks for that any more. */
  private void settle(boolean asked) throws GuestException, InterruptedException {
    boolean restart = asked;
    Set<PendingRestart> pending = pending();
    while (restart || !pending.isEmpty()) {
      countRestart(spoken(pending));
      guest.restart();
      restart = false;
      pending = pending();
      if (pending.equals(Set.of(PendingRestart.FILES))) {
        log.accept("Some program of the image has files replaced at each start; so be it.");
        replacesFilesAtEachStart = true;
        return;
      }
    }
  }

  /**
   * Counts a restart that is to come.
   *
   * @param why it is wanted
   * @throws GuestException if it is one too many
   */
  private void countRestart(String why) throws GuestException {
    if (restarts == MAX_RESTARTS) {
      throw guest.failure(
          "Windows still wants a restart after %d of them (%s). %s"
              .formatted(MAX_RESTARTS, why, PendingRestart.REMEDY));
    }
    restarts++;
  }

  private Set<PendingRestart> pending() throws GuestException, InterruptedException {
    Set<PendingRestart> pending = guest.pendingRestarts();
    if (replacesFilesAtEachStart) {
      pending.remove(PendingRestart.FILES);
    }
    return pending;
  }

  private static String spoken(Set<PendingRestart> pending) {
    return pending.isEmpty() ? "for what was installed last" : PendingRestart.spoken(pending);
  }

  /**
   * @return whether the guest is to be restarted
   */
  private boolean install(List<WindowsCd.Content> contents)
      throws GuestException, InterruptedException {
    boolean restart = false;
    for (WindowsCd.Content content : contents) {
      restart |= install(content);
      progress.accept(++installed / (cd.contents().size() + 1.0));
    }
    return restart;
  }

  /**
   * @return whether the guest is to be restarted
   */
  private boolean install(WindowsCd.Content content) throws GuestException, InterruptedException {
    boolean restart = false;
    for (String file : content.files()) {
      boolean isLast = file.equals(content.files().getLast());
      log.accept("%s: installing %s".formatted(named(content.pack()), file));
      restart |= install(content.pack(), file, isLast);
    }
    return restart;
  }

  private boolean install(WindowsPackage pack, String file, boolean isPromised)
      throws GuestException, InterruptedException {
    boolean lost = false;
    boolean restartedFirst = false;
    boolean replaces = false;
    int busy = 0;
    while (true) {
      String path = WindowsCd.drive(guest) + "\\" + file;
      List<String> command = replaces ? replacement(path) : command(pack.kind(), path);
      long before = guest.restarts();
      GuestAgent.Execution ended;
      try {
        ended = guest.run(command);
      } catch (LostProgramException e) {
        if (lost) {
          throw guest.failure(named(pack) + ": what came of it is not known: " + e.getMessage());
        }
        // Installers find out what is done already, and the agent's own ends the agent.
        log.accept(named(pack) + ": once more, because " + e.getMessage());
        lost = true;
        guest.awaitStart();
        continue;
      }
      switch (WindowsExitCode.outcome(ended.exitCode())) {
        case DONE -> {
          return false;
        }
        case RESTART -> {
          return true;
        }
        case RESTARTS -> {
          countRestart("by the installer of " + named(pack));
          guest.awaitRestart(before);
          return false;
        }
        case RESTART_FIRST -> {
          if (restartedFirst) {
            throw failed(pack, command, ended);
          }
          restartedFirst = true;
          countRestart("before " + named(pack) + " can be installed");
          guest.restart();
        }
        case BUSY -> {
          if (++busy > WindowsLimits.BUSY_TRIES) {
            throw failed(pack, command, ended);
          }
          Thread.sleep(limits.busyPause());
        }
        case NO_DEVICE -> {
          if (pack.kind() != WindowsPackage.Kind.DRIVER) {
            throw failed(pack, command, ended);
          }
          log.accept(named(pack) + ": in the driver store; no device takes it at present.");
          return false;
        }
        case NOT_APPLICABLE -> {
          // A .msu brings its servicing stack along, which may be older than the image's.
          if (isPromised && !isThere(pack, path)) {
            throw failed(pack, command, ended);
          }
          log.accept("%s: %s is there already.".formatted(named(pack), file));
          return false;
        }
        case OTHER_VERSION -> {
          if (replaces || pack.kind() != WindowsPackage.Kind.AGENT) {
            throw failed(pack, command, ended);
          }
          log.accept(named(pack) + ": once more, as a new version of the same product.");
          replaces = true;
        }
        case FAILED -> throw failed(pack, command, ended);
      }
    }
  }

  private static List<String> command(WindowsPackage.Kind kind, String path) {
    return switch (kind) {
      case SERVICING_STACK, CUMULATIVE, DOTNET, UPDATE ->
          dism("/Add-Package", "/PackagePath:" + path, "/Quiet", "/NoRestart");
      case DRIVER -> List.of("pnputil.exe", "/add-driver", path, "/install");
      case AGENT -> List.of("msiexec.exe", "/i", path, "/qn", "/norestart");
    };
  }

  /**
   * A product whose code stays the same is not installed over itself; all of it is installed anew,
   * from this package in the place of the one that Windows has kept.
   */
  private static List<String> replacement(String path) {
    return List.of(
        "msiexec.exe", "/i", path, "REINSTALL=ALL", "REINSTALLMODE=vomus", "/qn", "/norestart");
  }

  private static List<String> dism(String... arguments) {
    List<String> command = new ArrayList<>(ONLINE);
    command.addAll(List.of(arguments));
    return List.copyOf(command);
  }

  /**
   * Whether an update that does not apply is one that is there. DISM tells that of a .cab only; a
   * .msu that makes the system a newer one shows in the system's own version.
   */
  private boolean isThere(WindowsPackage pack, String path)
      throws GuestException, InterruptedException {
    if (pack.kind().compareTo(WindowsPackage.Kind.UPDATE) > 0) {
      return false;
    }
    if (path.toLowerCase(Locale.ROOT).endsWith(".msu")) {
      return pack.name().equals(WindowsFacts.SYSTEM)
          && WindowsVersion.compare(SystemVersion.of(guest), pack.version()) >= 0;
    }
    GuestAgent.Execution answer = guest.ask(dism("/Get-PackageInfo", "/PackagePath:" + path));
    return answer.exitCode() == 0
        && answer
            .output()
            .lines()
            .map(line -> line.split(":", 2))
            .anyMatch(pair ->
                pair.length == 2
                    && pair[0].strip().equals("State")
                    && THERE.contains(pair[1].strip()));
  }

  /**
   * Removes what the updates have superseded. The image is right without that, only larger.
   *
   * @return whether the guest is to be restarted
   */
  private boolean cleanUp() throws GuestException, InterruptedException {
    log.accept("Cleaning the component store.");
    GuestAgent.Execution ended;
    try {
      ended = guest.run(dism("/Cleanup-Image", "/StartComponentCleanup", "/Quiet", "/NoRestart"));
    } catch (LostProgramException e) {
      log.accept("The component store could not be cleaned: " + e.getMessage());
      guest.awaitStart();
      return false;
    } catch (GuestException e) {
      // Not in time, mostly. A guest that is gone will not shut down either, and fails there.
      log.accept("The component store could not be cleaned: " + e.getMessage());
      return false;
    }
    return switch (WindowsExitCode.outcome(ended.exitCode())) {
      case DONE -> false;
      case RESTART -> true;
      case RESTARTS, RESTART_FIRST, BUSY, NOT_APPLICABLE, OTHER_VERSION, NO_DEVICE, FAILED -> {
        log.accept(
            "The component store could not be cleaned: "
                + WindowsExitCode.spoken(ended.exitCode())
                + GuestText.said(ended.output()));
        yield false;
      }
    };
  }

  private GuestException failed(
      WindowsPackage pack, List<String> command, GuestAgent.Execution ended)
      throws InterruptedException {
    GuestException failure =
        guest.failed(command.getFirst(), ended, named(pack) + " can't be installed");
    if (!command.getFirst().equals(DISM)) {
      return failure;
    }
    try {
      String end = GuestText.end(guest.powershell("DISM's log", DISM_LOG));
      return new GuestException(failure.getMessage() + "\nThe end of dism.log:\n" + end);
    } catch (GuestException logNotToBeHad) {
      return failure;
    }
  }

  /** {@code KB5035857 (Package_for_RollupFix 20348.2340.1.10)}. */
  private static String named(WindowsPackage pack) {
    String own = pack.name() + " " + pack.version();
    return pack.kb().isEmpty() ? own : "%s (%s)".formatted(pack.kb(), own);
  }
}
