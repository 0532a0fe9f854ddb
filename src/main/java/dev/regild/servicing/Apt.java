package dev.regild.servicing;

import dev.regild.plan.Change;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Transaction.Download;
import dev.regild.servicing.Transaction.Install;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * apt, run in the guest. Its indexes, archives, caches and logs all lie in the workspace, which is
 * not on the disk; its preferences, holds and hooks are the image's own.
 */
final class Apt extends OfflineUpgrade {
  private static final String SNAPSHOT = Guest.WORKSPACE + "/snapshot";
  private static final String PACKAGES = Guest.WORKSPACE + "/packages";
  private static final String CACHE = Guest.WORKSPACE + "/cache";
  private static final String LOG = Guest.WORKSPACE + "/log";
  private static final String POLICY = "/usr/sbin/policy-rc.d";

  /** The ending of every name that we give a file on the guest's disk; all are gone when sealed. */
  private static final String OURS = ".regild";

  /**
   * As apt-get prints them: {@code 'http://…/x.deb' x_1%3a2_amd64.deb 1234 MD5Sum:…}, without the
   * hash where the index has no MD5.
   */
  private static final Pattern PRINTED_URI =
      Pattern.compile("'([^']+)' ([A-Za-z0-9][A-Za-z0-9.+~%:_-]*) \\d+( .*)?");

  /** As a simulation prints them: {@code Inst name [from] (to origin [arch]) []}. */
  private static final Pattern SIMULATED_INSTALL =
      Pattern.compile("Inst (\\S+)(?: \\[([^]]+)])? \\((\\S+) .*");

  private static final Pattern SIMULATED_REMOVAL = Pattern.compile("(?:Remv|Purg) (\\S+) .*");

  private static final Duration MOMENT = Duration.ofMinutes(10);

  private static final List<String> FULL_UPGRADE = List.of("full-upgrade");

  /** The command that makes the transaction. */
  private List<String> request = FULL_UPGRADE;

  /** What a limited request names and apt has marked as installed automatically. */
  private List<String> automatic = List.of();

  Apt(Guest guest, Duration applyLimit, UpdatePlan plan) {
    super(guest, applyLimit, plan);
  }

  @Override
  Transaction ask() throws GuestException {
    guest.run("mkdir", "-p", PACKAGES, CACHE, LOG);
    if (plan.securityOnly()) {
      request = limitedRequest();
      Set<String> marked =
          asked("apt-mark", List.of("showauto")).lines().collect(Collectors.toSet());
      automatic =
          request.stream()
              .map(word -> word.replaceFirst("=.*", ""))
              .filter(marked::contains)
              .toList();
    }
    List<Download> downloads = new ArrayList<>();
    for (String line : asked("apt-get", options("--print-uris", request)).lines().toList()) {
      Matcher printed = PRINTED_URI.matcher(line);
      if (printed.matches()) {
        downloads.add(new Download(printed.group(1), printed.group(2)));
      }
    }
    return simulated(downloads, request);
  }

  /**
   * The plan's packages at the plan's versions. To name a version is to override the image's own
   * pins, so what a full upgrade would not bring that far is left out.
   */
  private List<String> limitedRequest() throws GuestException {
    Map<String, String> chosen = new HashMap<>();
    simulated(List.of(), FULL_UPGRADE)
        .installs()
        .forEach(each -> chosen.put(each.name(), each.to()));
    List<String> limited = new ArrayList<>(List.of("install", "--only-upgrade"));
    for (Change change : plan.changes()) {
      String foreign = change.name() + ":" + change.architecture();
      String name = chosen.containsKey(foreign) ? foreign : change.name();
      String to = chosen.getOrDefault(name, "");
      if (!to.isEmpty() && PackageSystem.DPKG.order().compare(to, change.to()) >= 0) {
        limited.add(name + "=" + change.to());
      }
    }
    return limited;
  }

  private Transaction simulated(List<Download> downloads, List<String> command)
      throws GuestException {
    List<Install> installs = new ArrayList<>();
    List<String> removals = new ArrayList<>();
    for (String line : asked("apt-get", options("--simulate", command)).lines().toList()) {
      Matcher install = SIMULATED_INSTALL.matcher(line);
      Matcher removal = SIMULATED_REMOVAL.matcher(line);
      if (install.matches()) {
        String from = install.group(2);
        installs.add(new Install(install.group(1), from == null ? "" : from, install.group(3)));
      } else if (removal.matches()) {
        removals.add(removal.group(1));
      }
    }
    return new Transaction(downloads, installs, removals);
  }

  @Override
  void carryOut(Transaction transaction, DoubleConsumer progress) throws GuestException {
    keepServicesFromStarting();
    Consumer<String> onLine = new ApplyProgress(transaction.installs().size(), progress);
    guest.install(command("apt-get", options("--no-download", request)), applyLimit, onLine);
    if (!automatic.isEmpty()) {
      // apt takes what was asked for by name as wanted for itself.
      List<String> mark = new ArrayList<>(List.of("auto"));
      mark.addAll(automatic);
      asked("apt-mark", mark);
    }
  }

  /**
   * policy-rc.d stops invoke-rc.d and deb-systemd-invoke; the diversion stops scripts that call
   * start-stop-daemon past them. systemctl does nothing where systemd does not run.
   */
  private void keepServicesFromStarting() throws GuestException {
    if (guest.exists(POLICY)) {
      guest.run("mv", POLICY, POLICY + OURS);
    }
    guest.write(POLICY, Resources.read("policy-rc.d"), 0755);
    String daemonStarter = startStopDaemon();
    guest.run(divert("--add", daemonStarter), MOMENT, line -> {});
    guest.write(daemonStarter, Resources.read("start-stop-daemon"), 0755);
  }

  /** Where dpkg's package has it: releases differ. */
  private String startStopDaemon() throws GuestException {
    return guest
        .run("dpkg-query", "--listfiles", "dpkg")
        .lines()
        .filter(path -> path.endsWith("/sbin/start-stop-daemon"))
        .findFirst()
        .orElseThrow(() -> new GuestException("The guest's dpkg has no start-stop-daemon."));
  }

  private static List<String> divert(String what, String path) {
    return List.of(
        "dpkg-divert", "--quiet", "--local", "--rename", "--divert", path + OURS, what, path);
  }

  @Override
  public void verify() throws GuestException {
    String unfinished = guest.run("dpkg", "--audit");
    if (!unfinished.isBlank()) {
      throw new GuestException("dpkg says that packages are not fully installed: " + unfinished);
    }
  }

  @Override
  void tidyUp() throws GuestException {
    String daemonStarter = startStopDaemon();
    guest.run("rm", daemonStarter);
    guest.run(divert("--remove", daemonStarter), MOMENT, line -> {});
    guest.run("rm", POLICY);
    if (guest.exists(POLICY + OURS)) {
      guest.run("mv", POLICY + OURS, POLICY);
    }
  }

  private String asked(String program, List<String> arguments) throws GuestException {
    return guest.run(command(program, arguments), applyLimit, line -> {});
  }

  private static List<String> options(String option, List<String> command) {
    List<String> arguments = new ArrayList<>(List.of(option));
    arguments.addAll(command);
    return arguments;
  }

  private static List<String> command(String program, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    for (String setting : OPTIONS) {
      command.addAll(List.of("-o", setting));
    }
    command.addAll(arguments);
    return command;
  }

  /** On the command line, where no configuration file of the image can override them. */
  private static final List<String> OPTIONS =
      List.of(
          "Dir::State::Lists=" + SNAPSHOT,
          "Dir::Etc::SourceList=" + SNAPSHOT + "/sources.list",
          "Dir::Etc::SourceParts=/dev/null",
          "Dir::Cache=" + CACHE,
          "Dir::Cache::Archives=" + PACKAGES,
          "Dir::Log=" + LOG,
          // As the plan counts: what is not yet handed out to all machines is for none. Without
          // the policy, apt would also keep back from a lower version that is for all.
          "APT::Get::Phase-Policy=true",
          "APT::Get::Always-Include-Phased-Updates=false",
          "APT::Get::Never-Include-Phased-Updates=true",
          "APT::Sandbox::User=root",
          "APT::Get::Assume-Yes=true",
          "APT::Get::AllowUnauthenticated=false",
          "APT::Get::Show-User-Simulation-Note=false",
          "APT::Keep-Downloaded-Packages=true",
          "Dpkg::Use-Pty=0",
          "Dpkg::Options::=--force-confold",
          // A run that is cut short starts over on a new layer, so nothing rests on each fsync.
          "Dpkg::Options::=--force-unsafe-io",
          "Dpkg::Options::=--log=" + LOG + "/dpkg.log");

  /** Counts dpkg's lines: each package is unpacked once and set up once. */
  private static final class ApplyProgress implements Consumer<String> {
    private final int expected;
    private final DoubleConsumer progress;
    private int seen;

    ApplyProgress(int installs, DoubleConsumer progress) {
      this.expected = Math.max(1, 2 * installs);
      this.progress = progress;
    }

    @Override
    public void accept(String line) {
      if (line.startsWith("Unpacking ") || line.startsWith("Setting up ")) {
        seen++;
        progress.accept(Math.min(1.0, (double) seen / expected));
      }
    }
  }
}
