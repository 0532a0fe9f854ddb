package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.FileTree;
import dev.regild.plan.Change;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.OfflineUpgrade;
import dev.regild.servicing.Resources;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Download;
import dev.regild.servicing.Transaction.Install;
import dev.regild.servicing.Transaction.Removal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private static final String PLAIN = "plain";
  private static final String CACHE = Guest.WORKSPACE + "/cache";
  private static final String LOG = Guest.WORKSPACE + "/log";

  /** All that apt runs beside dpkg (apt.conf(5)). */
  private static final String CLEARED_HOOKS =
      """
      #clear DPkg::Pre-Invoke;
      #clear DPkg::Post-Invoke;
      #clear DPkg::Pre-Install-Pkgs;
      """;

  /** Exists from when dpkg is about to run. */
  private static final String DPKG_RUNS = Guest.WORKSPACE + "/dpkg-runs";

  private static final String MKINITRAMFS = "/usr/sbin/mkinitramfs";

  private static final String CERTIFICATES = "ca-certificates";
  private static final String UPDATE_CERTIFICATES = "/usr/sbin/update-ca-certificates";

  private static final String PLAIN_PATHS = "plain-paths.sh";

  /** Programs that stand in for the guest's own of the same names. */
  private static final List<String> STAND_INS =
      List.of(
          "policy-rc.d",
          "start-stop-daemon",
          "systemd-detect-virt",
          "mkinitramfs",
          "update-ca-certificates");

  /** The ending of every name that we give a file on the guest's disk; all are gone when sealed. */
  private static final String OURS = ".regild";

  /**
   * As apt-get prints them: {@code 'http://…/x.deb' x_1%3a2_amd64.deb 1234 MD5Sum:…}, without the
   * hash where the index has no MD5.
   */
  private static final Pattern PRINTED_URI =
      Pattern.compile("'([^']+)' ([A-Za-z0-9][A-Za-z0-9.+~%:_-]*) \\d+( .*)?");

  /** Of apt 1 to 3, where it is not asked for another version of its output. */
  private static final Pattern GROWS =
      Pattern.compile(
          "After this operation, (\\d[\\d,]{0,9}(?:\\.\\d{1,3})?) ([kMGT]?)B of additional disk"
              + " space will be used\\.");

  /** As a simulation prints them: {@code Inst name [from] (to origin [arch]) []}. */
  private static final Pattern SIMULATED_INSTALL =
      Pattern.compile("Inst (\\S+)(?: \\[([^]]+)])? \\((\\S+) .*");

  private static final Pattern SIMULATED_REMOVAL =
      Pattern.compile("(?:Remv|Purg) (\\S+)(?: \\[([^]]+)])?.*");

  /** As apt explains what it can't install: {@code name : Depends: other (>= 2) but …}. */
  private static final Pattern UNMET =
      Pattern.compile("(?m)^ \\S+ : ((?:Pre)?Depends|Breaks|Conflicts|Enhances|Recommends): .*");

  private static final List<String> FULL_UPGRADE = List.of("full-upgrade");

  /** The command that makes the transaction. */
  private List<String> request = FULL_UPGRADE;

  /** What a limited request names and apt has marked as installed automatically. */
  private List<String> automatic = List.of();

  /** Where a program of ours stands in for the guest's. */
  private final List<String> diverted = new ArrayList<>();

  private final UpdateOptions allowed;

  /** A file with settings for the case that the image's hooks are left out; else empty. */
  private String withoutHooks = "";

  /** Whether packages have been handed over uncompressed, too. */
  private boolean unpacked;

  /** Where packages appear uncompressed while the guest prepares to install them. */
  private Optional<Guest.Shared> shared = Optional.empty();

  Apt(Guest guest, Duration applyLimit, UpdatePlan plan, UpdateOptions options) {
    super(guest, applyLimit, plan);
    this.allowed = options;
  }

  @Override
  protected Transaction ask() throws GuestException {
    guest.run("mkdir", "-p", PACKAGES, CACHE, LOG);
    if (allowed.skipHooks()) {
      withoutHooks = guest.hand("without-hooks.conf", CLEARED_HOOKS.getBytes(UTF_8));
    }
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
    long grows = 0;
    String printed = asked("apt-get", options("--print-uris", request));
    for (String line : printed.lines().toList()) {
      Matcher uri = PRINTED_URI.matcher(line);
      if (uri.matches()) {
        downloads.add(new Download(uri.group(1), uri.group(2)));
      }
      grows = Math.max(grows, growth(line));
    }
    // A simulation takes as long again, and says more only where packages go or are downgraded.
    Optional<List<Install>> installs = PrintedUpgrade.read(printed);
    Transaction transaction =
        installs.isPresent()
            ? new Transaction(downloads, installs.get(), List.of())
            : simulated(downloads, request);
    requireRoom(transaction, grows, "linux-image-");
    return transaction;
  }

  /** What apt says that more is needed than is there now; 0 for all other lines. */
  private static long growth(String line) {
    Matcher grows = GROWS.matcher(line);
    if (!grows.matches()) {
      return 0;
    }
    double number = Double.parseDouble(grows.group(1).replace(",", ""));
    return (long) (number * Math.pow(1000, " kMGT".indexOf((grows.group(2) + " ").charAt(0))));
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
      if (!to.isEmpty() && DebianVersion.FAMILY.order().compare(to, change.to()) >= 0) {
        limited.add(name + "=" + change.to());
      }
    }
    return limited;
  }

  private Transaction simulated(List<Download> downloads, List<String> command)
      throws GuestException {
    List<Install> installs = new ArrayList<>();
    Map<String, String> removed = new LinkedHashMap<>();
    for (String line : asked("apt-get", options("--simulate", command)).lines().toList()) {
      Matcher install = SIMULATED_INSTALL.matcher(line);
      Matcher removal = SIMULATED_REMOVAL.matcher(line);
      if (install.matches()) {
        String from = install.group(2);
        installs.add(new Install(install.group(1), from == null ? "" : from, install.group(3)));
      } else if (removal.matches()) {
        String version = removal.group(2);
        removed.put(removal.group(1), version == null ? "" : version);
      }
    }
    return new Transaction(downloads, installs, removals(removed, installs));
  }

  private List<Removal> removals(Map<String, String> removed, List<Install> installs)
      throws GuestException {
    if (removed.isEmpty()) {
      return List.of();
    }
    Set<String> byHand =
        asked("apt-mark", List.of("showmanual")).lines().collect(Collectors.toSet());
    List<Removal> removals = new ArrayList<>();
    for (Map.Entry<String, String> each : removed.entrySet()) {
      String relations =
          guest.run(
              "dpkg-query", "--show", "--showformat=${Pre-Depends},${Depends}", each.getKey());
      removals.add(
          new Removal(
              each.getKey(),
              each.getValue(),
              byHand.contains(each.getKey()),
              Dependencies.broken(relations, installs, removed.keySet())));
    }
    return removals;
  }

  /** apt says why when it is asked for the package alone, without being allowed to remove any. */
  @Override
  public String whyKeptBack(Change change) throws GuestException {
    String name = change.name() + ":" + change.architecture();
    String wanted = change.architecture().equals("all") ? change.name() : name;
    // What apt explains stands on its standard output, which is lost where a program fails.
    List<String> command = new ArrayList<>(List.of("sh", "-c", "\"$@\" 2>&1 || true", "sh"));
    command.addAll(
        command(
            "apt-get",
            List.of(
                "--simulate",
                "install",
                "--only-upgrade",
                "--no-remove",
                wanted + "=" + change.to())));
    String said = told(command);
    Matcher unmet = UNMET.matcher(said);
    if (unmet.find()) {
      return "the guest's apt: " + unmet.group().strip();
    }
    return said.lines()
        .filter(line -> line.startsWith("E: "))
        .findFirst()
        .map(line -> "the guest's apt: " + line)
        .orElse("the guest's apt does not select it");
  }

  @Override
  protected HandOver handOver(Path packages) throws GuestException {
    HandOver handOver = super.handOver(packages);
    Path copies = packages.resolveSibling(PLAIN);
    if (guest.isEmulated()) {
      handUnpacked(packages, copies);
      return handOver;
    }
    shared = guest.share(PLAIN);
    return shared.isEmpty()
        ? handOver
        : PlainHandOver.start(packages, copies, shared.get().onHost());
  }

  private void handUnpacked(Path packages, Path copies) throws GuestException {
    try {
      unpacked = PlainDebs.copy(packages, copies);
      if (unpacked) {
        guest.upload(copies, PLAIN);
      }
      FileTree.remove(copies);
    } catch (GuestException e) {
      throw e;
    } catch (IOException e) {
      throw new GuestException("Cannot unpack the packages on the host: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("Interrupted while unpacking the packages on the host.", e);
    }
  }

  @Override
  protected void carryOut(Transaction transaction, DoubleConsumer progress) throws GuestException {
    putStandIns(transaction);
    script("boot-disk.sh", "before", Guest.WORKSPACE);
    Consumer<String> onLine = new ApplyProgress(transaction.installs().size(), progress);
    guest.hand(PLAIN_PATHS, Resources.read(PLAIN_PATHS));
    installed(installing(), onLine);
    if (diverted.contains(MKINITRAMFS)) {
      installed(scripted("initramfs.sh", "make", MKINITRAMFS + OURS), onLine);
    }
    if (!automatic.isEmpty()) {
      // apt takes what was asked for by name as wanted for itself.
      List<String> mark = new ArrayList<>(List.of("auto"));
      mark.addAll(automatic);
      asked("apt-mark", mark);
    }
  }

  /**
   * Returns the command that installs. If the host can do a part of it meanwhile, the guest can as
   * well: it is not emulated, and has another processor.
   */
  private List<String> installing() throws GuestException {
    List<String> install = options("--no-download", request);
    if (unpacked) {
      return command(
          "apt-get",
          preceded("ln -sf " + Guest.WORKSPACE + "/" + PLAIN + "/*.deb " + PACKAGES, install));
    }
    if (shared.isEmpty()) {
      return command("apt-get", install);
    }
    guest.hand("initramfs.sh", Resources.read("initramfs.sh"));
    String real = diverted.contains(MKINITRAMFS) ? MKINITRAMFS + OURS : "";
    List<String> beside = scripted("beside.sh", real, shared.get().inGuest());
    beside.addAll(command("apt-get", preceded("touch " + DPKG_RUNS, install)));
    return beside;
  }

  /**
   * Returns arguments of apt-get that have a command run before dpkg. apt looks at the size of each
   * package, which it knows from its index, before that.
   */
  private static List<String> preceded(String command, List<String> arguments) {
    List<String> all = new ArrayList<>(List.of("-o", "DPkg::Pre-Invoke::=" + command));
    all.addAll(arguments);
    return all;
  }

  /**
   * policy-rc.d stops invoke-rc.d and deb-systemd-invoke; a diversion stops scripts that call
   * start-stop-daemon past them. systemctl does nothing where systemd does not run. Scripts ask
   * systemd-detect-virt whether they are in a container: since systemd 256 it takes a pid namespace
   * for one, and then no hook touches the boot loader. An initramfs is asked for by the kernel, and
   * again by each package that has files in it; the list of certificates by their package, and
   * again by its trigger.
   */
  private void putStandIns(Transaction transaction) throws GuestException {
    for (String program : STAND_INS) {
      guest.hand(program, Resources.read(program));
    }
    List<String> arguments = new ArrayList<>(List.of("put", "", MKINITRAMFS));
    if (transaction.installs().stream().anyMatch(each -> each.name().equals(CERTIFICATES))) {
      arguments.add(UPDATE_CERTIFICATES);
    }
    script("stand-ins.sh", arguments.toArray(String[]::new)).lines().forEach(diverted::add);
  }

  @Override
  public void verify() throws GuestException {
    List<String> unfinished = DpkgAudit.unfinished(guest.run("dpkg", "--audit"));
    if (!unfinished.isEmpty()) {
      throw new GuestException(
          "dpkg says that packages are not fully installed:\n" + String.join("\n", unfinished));
    }
  }

  @Override
  protected void tidyUp() throws GuestException {
    script("boot-disk.sh", "after", Guest.WORKSPACE);
    List<String> arguments = new ArrayList<>(List.of("remove", ""));
    arguments.addAll(diverted);
    script("stand-ins.sh", arguments.toArray(String[]::new));
  }

  private String asked(String program, List<String> arguments) throws GuestException {
    return told(command(program, arguments));
  }

  private static List<String> options(String option, List<String> command) {
    List<String> arguments = new ArrayList<>(List.of(option));
    arguments.addAll(command);
    return arguments;
  }

  private List<String> command(String program, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    for (String setting : OPTIONS) {
      command.addAll(List.of("-o", setting));
    }
    if (!withoutHooks.isEmpty()) {
      // Read last, behind all of the image's own files.
      command.addAll(List.of("-c", withoutHooks));
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
          // Only what the image's owner has pinned to 1000 or more is downgraded.
          "APT::Get::allow-downgrades=true",
          "APT::Get::Show-User-Simulation-Note=false",
          "APT::Get::Show-Versions=true",
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
