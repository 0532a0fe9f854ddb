package dev.regild.windows.servicing;

import dev.regild.machine.GuestAgent;
import dev.regild.machine.LostProgramException;
import dev.regild.plan.WindowsFacts;
import dev.regild.servicing.GuestException;
import dev.regild.windows.catalogue.KbMember;
import dev.regild.windows.catalogue.WindowsPackage;
import dev.regild.windows.registry.WindowsVersion;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One file of a package that is to be installed: its installer is run, and run again where its exit
 * code asks for that.
 */
final class PackageAttempt {
  private static final Set<String> THERE = Set.of("Installed", "Install Pending", "Superseded");

  private final WindowsGuest guest;
  private final Restarts restarts;
  private final WindowsLimits limits;
  private final Consumer<String> log;
  private final WindowsPackage pack;
  private final String file;
  private boolean lost;
  private boolean restartedFirst;
  private boolean replaces;
  private int busy;

  /**
   * @param restarts is told what the installer asks for
   * @param log is told what is done, a line each
   * @param file as a path from the CD's root
   */
  PackageAttempt(
      WindowsGuest guest,
      Restarts restarts,
      WindowsLimits limits,
      Consumer<String> log,
      WindowsPackage pack,
      String file) {
    this.guest = guest;
    this.restarts = restarts;
    this.limits = limits;
    this.log = log;
    this.pack = pack;
    this.file = file;
  }

  /**
   * Installs it.
   *
   * @throws GuestException if it can't be installed; the message names the package, the exit code,
   *     its meaning and what to do, and holds what the installer said
   */
  void run() throws GuestException, InterruptedException {
    log.accept("%s: installing %s".formatted(named(), file));
    boolean done;
    do {
      done = runOnce();
    } while (!done);
    removeLog();
  }

  /**
   * @return whether that was the last time
   */
  private boolean runOnce() throws GuestException, InterruptedException {
    String path = WindowsCd.drive(guest) + "\\" + file;
    long before = guest.restarts();
    GuestAgent.Execution ended;
    try {
      ended = guest.run(command(path));
    } catch (LostProgramException e) {
      beginAgain(e);
      return false;
    }
    return switch (WindowsExitCode.outcome(ended.exitCode())) {
      case DONE -> true;
      case RESTART -> {
        restarts.ask();
        yield true;
      }
      case RESTARTS -> {
        restarts.await(before, "by the installer of " + named());
        yield true;
      }
      case RESTART_FIRST -> {
        restartFirst(ended);
        yield false;
      }
      case BUSY -> {
        pause(ended);
        yield false;
      }
      case OTHER_VERSION -> {
        replaceNext(ended);
        yield false;
      }
      case NO_DEVICE -> {
        requireDriver(ended);
        yield true;
      }
      case NOT_APPLICABLE -> {
        requireThere(ended, path);
        yield true;
      }
      case FAILED -> throw failed(ended);
    };
  }

  private List<String> command(String path) {
    return switch (pack.kind()) {
      case SERVICING_STACK, CUMULATIVE, DOTNET, UPDATE ->
          Dism.online("/Add-Package", "/PackagePath:" + path, "/Quiet", "/NoRestart");
      case DRIVER -> List.of(tool(), "/add-driver", path, "/install");
      case AGENT -> replaces ? replacement(path) : installation(path);
    };
  }

  private List<String> installation(String path) {
    return List.of(tool(), "/i", path, "/qn", "/norestart", "/l*v", InstallerLog.MSI);
  }

  /**
   * A product whose code stays the same is not installed over itself; all of it is installed again,
   * from this package in the place of the one that Windows has kept.
   */
  private List<String> replacement(String path) {
    return List.of(
        tool(),
        "/i",
        path,
        "REINSTALL=ALL",
        "REINSTALLMODE=vomus",
        "/qn",
        "/norestart",
        "/l*v",
        InstallerLog.MSI);
  }

  private String tool() {
    return switch (pack.kind()) {
      case SERVICING_STACK, CUMULATIVE, DOTNET, UPDATE -> Dism.PROGRAM;
      case DRIVER -> "pnputil.exe";
      case AGENT -> "msiexec.exe";
    };
  }

  /** Installers find out what is done already, and the agent's own ends the agent. */
  private void beginAgain(LostProgramException e) throws GuestException, InterruptedException {
    if (lost) {
      throw guest.failure(named() + ": its outcome is unknown: " + e.getMessage());
    }
    log.accept(named() + ": retrying because " + e.getMessage());
    lost = true;
    guest.awaitStart();
  }

  private void restartFirst(GuestAgent.Execution ended)
      throws GuestException, InterruptedException {
    if (restartedFirst) {
      throw failed(ended);
    }
    restartedFirst = true;
    restarts.now("before " + named() + " can be installed");
  }

  private void pause(GuestAgent.Execution ended) throws GuestException, InterruptedException {
    if (++busy > WindowsLimits.BUSY_TRIES) {
      throw failed(ended);
    }
    Thread.sleep(limits.busyPause());
  }

  private void replaceNext(GuestAgent.Execution ended) throws GuestException, InterruptedException {
    if (replaces || pack.kind() != WindowsPackage.Kind.AGENT) {
      throw failed(ended);
    }
    log.accept(named() + ": retrying as a new version of the same product.");
    replaces = true;
  }

  private void requireDriver(GuestAgent.Execution ended)
      throws GuestException, InterruptedException {
    if (pack.kind() != WindowsPackage.Kind.DRIVER) {
      throw failed(ended);
    }
    log.accept(named() + ": in the driver store; no device takes it at present.");
  }

  private void requireThere(GuestAgent.Execution ended, String path)
      throws GuestException, InterruptedException {
    if (bringsAlong()) {
      log.accept("%s: %s does not apply to the image.".formatted(named(), file));
      return;
    }
    if (!isThere(path)) {
      throw failed(ended);
    }
    log.accept("%s: %s is already installed.".formatted(named(), file));
  }

  /** Whether the file is a servicing stack beside an update; it may be older than the image's. */
  private boolean bringsAlong() {
    return pack.kind() != WindowsPackage.Kind.SERVICING_STACK
        && KbMember.isServicingStack(file.substring(file.lastIndexOf('\\') + 1));
  }

  /**
   * Whether an update that does not apply is one that is there. DISM tells that of a .cab only; a
   * .msu that makes the system a newer one shows in the system's own version.
   */
  private boolean isThere(String path) throws GuestException, InterruptedException {
    if (pack.kind().compareTo(WindowsPackage.Kind.UPDATE) > 0) {
      return false;
    }
    if (path.toLowerCase(Locale.ROOT).endsWith(".msu")) {
      return pack.name().equals(WindowsFacts.SYSTEM)
          && WindowsVersion.compare(SystemVersion.of(guest), pack.version()) >= 0;
    }
    GuestAgent.Execution answer =
        guest.ask(Dism.online("/Get-PackageInfo", "/PackagePath:" + path));
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

  private GuestException failed(GuestAgent.Execution ended) throws InterruptedException {
    GuestException failure = guest.failed(tool(), ended, named() + " can't be installed");
    String said = InstallerLog.of(pack.kind()).said(guest);
    return said.isEmpty() ? failure : new GuestException(failure.getMessage() + said);
  }

  private void removeLog() throws InterruptedException {
    try {
      InstallerLog.of(pack.kind()).remove(guest);
    } catch (GuestException e) {
      log.accept(
          "%s: its log could not be removed from the image: %s".formatted(named(), e.getMessage()));
    }
  }

  /** {@code KB5035857 (Package_for_RollupFix 20348.2340.1.10)}. */
  private String named() {
    String own = pack.name() + " " + pack.version();
    return pack.kb().isEmpty() ? own : "%s (%s)".formatted(pack.kb(), own);
  }
}
