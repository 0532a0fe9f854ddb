package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.OfflineUpgrade;
import dev.regild.servicing.Resources;
import dev.regild.servicing.Selinux;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Download;
import dev.regild.servicing.Transaction.Install;
import dev.regild.servicing.Transaction.Removal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;

/**
 * dnf 4 through its Python API, or yum by its command line. Repositories, cache and logs are in the
 * workspace, not on the disk; settings (kernel limit, excludes, documentation), version locks and
 * enabled modules are the image's own. The host verifies each package by the SHA-256 of its
 * repository's index.
 */
final class RpmUpgrade extends OfflineUpgrade {
  /** What the scripts have in common. */
  private static final String SHARED = "rpm_snapshot.py";

  /** What an update that is limited may upgrade: name, architecture and version, by tabs. */
  private static final String ONLY = Guest.WORKSPACE + "/only";

  private static final String PYTHON = "/usr/bin/python3";

  private final Tool tool;

  /** What the package manager said when not all was possible. */
  private String problem = "";

  /** Who resolves and installs. */
  enum Tool {
    /** With the Python that RHEL 8 keeps for dnf alone. */
    DNF("dnf-upgrade.py", "/usr/libexec/platform-python"),
    /** With the Python 2 that yum is written in. */
    YUM("yum-upgrade.py", "/usr/bin/python2");

    private final String script;
    private final String python;

    Tool(String script, String python) {
      this.script = script;
      this.python = python;
    }
  }

  RpmUpgrade(Guest guest, Duration applyLimit, UpdatePlan plan, Tool tool) {
    super(guest, applyLimit, plan);
    this.tool = tool;
  }

  @Override
  protected Transaction ask() throws GuestException {
    for (String name : List.of(tool.script, SHARED)) {
      guest.write(Guest.WORKSPACE + "/" + name, Resources.read(name), 0644);
    }
    if (plan.securityOnly()) {
      guest.write(ONLY, only().getBytes(UTF_8), 0644);
    }
    List<Download> downloads = new ArrayList<>();
    List<Install> installs = new ArrayList<>();
    List<Removal> removals = new ArrayList<>();
    boolean whole = false;
    long grows = 0;
    for (String line : asked("resolve").lines().toList()) {
      String[] words = line.split("\t", -1);
      switch (words[0] + words.length) {
        case "download3" -> downloads.add(new Download(words[1], fileName(words[2])));
        case "install4" -> installs.add(new Install(words[1], words[2], words[3]));
        case "remove5" ->
            removals.add(new Removal(words[1], words[2], words[3].equals("by-hand"), words[4]));
        case "grows2" -> grows = words[1].matches("\\d{1,15}") ? Long.parseLong(words[1]) : 0;
        case "problem2" -> problem = words[1];
        case "end1" -> whole = true;
        default -> {
          // What plugins and libraries print.
        }
      }
    }
    if (!whole) {
      throw new GuestException("The guest's package manager did not report what it would do.");
    }
    Transaction transaction = new Transaction(downloads, installs, removals);
    requireRoom(transaction, grows, "kernel");
    return transaction;
  }

  @Override
  public String whyKeptBack(Change change) {
    return problem.isEmpty()
        ? "the guest's package manager does not select it"
        : "the guest's package manager: " + problem;
  }

  private String only() {
    return plan.changes().stream()
        .map(change -> String.join("\t", change.name(), change.architecture(), change.to() + "\n"))
        .collect(Collectors.joining());
  }

  private static String fileName(String name) throws GuestException {
    if (!name.matches("[A-Za-z0-9_][^/\\s]*\\.rpm")) {
      throw new GuestException("The guest's package manager asks for a file of the name " + name);
    }
    return name;
  }

  @Override
  protected void carryOut(Transaction transaction, DoubleConsumer progress) throws GuestException {
    // Put back with the rest of the identity when the disk is sealed.
    script("machine-id.sh");
    installed(
        command("apply"),
        line -> {
          String[] words = line.split("\t", -1);
          if (words.length == 3 && line.matches("progress\t\\d{1,9}\t0*[1-9]\\d{0,8}")) {
            progress.accept(
                Math.min(1.0, Double.parseDouble(words[1]) / Double.parseDouble(words[2])));
          }
        });
  }

  /** rpm has no half-installed packages; a cut transaction leaves two versions of one. */
  @Override
  public void verify() throws GuestException {
    asked("check");
  }

  @Override
  protected void tidyUp() throws GuestException {
    new Selinux(guest).relabel();
  }

  private String asked(String mode) throws GuestException {
    return told(command(mode));
  }

  /** Apart from the user's modules, without writing compiled ones into the guest's library. */
  private List<String> command(String mode) throws GuestException {
    String python = guest.exists(tool.python) ? tool.python : PYTHON;
    String script = Guest.WORKSPACE + "/" + tool.script;
    return List.of(python, "-E", "-s", "-B", script, mode);
  }
}
