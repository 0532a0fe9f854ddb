package dev.regild.windows.servicing;

import dev.regild.machine.BootEvidence;
import dev.regild.machine.Deadline;
import dev.regild.machine.GuestAgent;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.WindowsFacts;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.GuestText;
import dev.regild.servicing.QualificationReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The questions to a Windows that has just booted. */
record WindowsExamination(WindowsGuest guest, WindowsLimits limits) {
  private static final String GUEST_AGENT = "QEMU-GA";
  private static final long NO_SUCH_SERVICE = 1060;
  private static final int MOST_PROBLEMS = 200;

  /** The end of a per-user service's name, which is another one at each start. */
  private static final Pattern USERS_OWN = Pattern.compile("_[0-9a-f]{4,}$");

  private static final String DEVICES =
      "[Console]::OutputEncoding = [Text.Encoding]::UTF8; "
          + "Get-CimInstance Win32_PnPEntity | Where-Object ConfigManagerErrorCode -ne 0 | "
          + "ForEach-Object { '{0}{1}{2}{1}{3}' -f "
          + "$_.ConfigManagerErrorCode, [char]9, $_.PNPDeviceID, $_.Name }";

  /** A service that was never started (1077) waits for its delay or its trigger. */
  private static final String SERVICES =
      "[Console]::OutputEncoding = [Text.Encoding]::UTF8; "
          + "Get-CimInstance Win32_Service | Where-Object { $_.StartMode -eq 'Auto' -and "
          + "$_.State -eq 'Stopped' -and $_.ExitCode -ne 0 -and $_.ExitCode -ne 1077 } | "
          + "ForEach-Object { '{0}{1}{2}' -f $_.Name, [char]9, $_.ExitCode }";

  /**
   * Asks all of them, and shuts the guest down.
   *
   * @return a report whose kernel is the system's version, and whose only package is {@link
   *     WindowsFacts#SYSTEM} at it, of the architecture {@code neutral}: the disk tells the rest
   */
  QualificationReport run(Set<String> services) throws GuestException, InterruptedException {
    long on = System.nanoTime();
    guest.awaitStart();
    String version = SystemVersion.of(guest);
    List<String> problems = new ArrayList<>(serviceProblems(services));
    problems.addAll(deviceProblems());
    BootEvidence seen = guest.seen(Duration.ofNanos(System.nanoTime() - on));
    guest.shutDown();
    return new QualificationReport(
            version,
            problems.isEmpty() ? "running" : "degraded",
            problems,
            List.of(new InstalledPackage(WindowsFacts.SYSTEM, "neutral", version, false)))
        .with(seen);
  }

  /** Services that should run and don't: {@code service Spooler: ended with 1067}. */
  List<String> serviceProblems(Set<String> services) throws GuestException, InterruptedException {
    List<String> problems = new ArrayList<>();
    stopped(GUEST_AGENT).ifPresent(problems::add);
    for (String service : services) {
      stopped(service).ifPresent(problems::add);
    }
    problems.addAll(failedServices());
    return problems.stream().distinct().toList();
  }

  /**
   * Waits for a service to run.
   *
   * @return what is wrong; empty if it runs
   */
  private Optional<String> stopped(String service) throws GuestException, InterruptedException {
    Deadline deadline = Deadline.in(limits.question());
    while (true) {
      GuestAgent.Execution answer = guest.ask(List.of("sc.exe", "query", service));
      if (answer.exitCode() == NO_SUCH_SERVICE) {
        return Optional.of("service %s: not installed".formatted(service));
      }
      if (answer.exitCode() != 0) {
        throw guest.failed("sc.exe", answer, "Cannot query the Windows service " + service);
      }
      String state = state(answer.output());
      if (state.equals("RUNNING")) {
        return Optional.empty();
      }
      if (deadline.isOver()) {
        return Optional.of("service %s: %s".formatted(service, state));
      }
      Thread.sleep(deadline.atMost(limits.busyPause()).left());
    }
  }

  /** Of {@code STATE : 4 RUNNING}, the last word; the one before the colon is translated. */
  private static String state(String output) {
    return output
        .lines()
        .map(String::strip)
        .filter(line -> line.matches("[^:]+: +[1-7] +(RUNNING|PAUSED|STOPPED|[A-Z]+_PENDING)"))
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .findFirst()
        .orElse("in no known state");
  }

  /** A guest decides what it says, but not that the registry is filled with it. */
  private static List<String> lines(String answer) {
    return answer.lines().limit(MOST_PROBLEMS).toList();
  }

  private List<String> failedServices() throws GuestException, InterruptedException {
    List<String> failed = new ArrayList<>();
    for (String line : lines(guest.powershell("its services", SERVICES))) {
      String[] columns = line.strip().split("\t", 2);
      if (columns.length == 2) {
        String name = USERS_OWN.matcher(columns[0]).replaceAll("");
        failed.add(GuestText.line("service %s: ended with %s".formatted(name, columns[1])));
      }
    }
    return failed;
  }

  /** Devices with a problem code: {@code device ROOT\X: code 10, it can't start}. */
  List<String> deviceProblems() throws GuestException, InterruptedException {
    List<String> problems = new ArrayList<>();
    for (String line : lines(guest.powershell("its devices", DEVICES))) {
      String[] columns = line.strip().split("\t", 3);
      if (columns.length >= 2 && columns[0].matches("\\d{1,4}")) {
        problems.add(
            GuestText.line(
                "device %s: %s"
                    .formatted(columns[1], DeviceProblem.spoken(Integer.parseInt(columns[0])))));
      }
    }
    return problems.stream().distinct().toList();
  }
}
