package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Transaction.Download;
import dev.regild.servicing.Transaction.Install;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.stream.Collectors;

/**
 * dnf 4, run in the guest through its documented Python API. Its repositories, cache and logs all
 * lie in the workspace, which is not on the disk; its settings (the limit of kernels that are kept,
 * excludes, documentation), version lock and enabled modules are the image's own. Each package is
 * verified by the host, by the SHA-256 of its repository's index.
 */
final class Dnf extends OfflineUpgrade {
  private static final String SCRIPT = Guest.WORKSPACE + "/dnf-upgrade.py";

  /** The Python that RHEL 8 keeps for dnf alone, and that of systems without one. */
  private static final String PLATFORM_PYTHON = "/usr/libexec/platform-python";

  /** What an update that is limited may upgrade: name, architecture and version, by tabs. */
  private static final String ONLY = Guest.WORKSPACE + "/only";

  private static final String PYTHON = "/usr/bin/python3";

  Dnf(Guest guest, Duration applyLimit, UpdatePlan plan) {
    super(guest, applyLimit, plan);
  }

  @Override
  Transaction ask() throws GuestException {
    guest.write(SCRIPT, Resources.read("dnf-upgrade.py"), 0755);
    if (plan.securityOnly()) {
      guest.write(ONLY, only().getBytes(UTF_8), 0644);
    }
    List<Download> downloads = new ArrayList<>();
    List<Install> installs = new ArrayList<>();
    List<String> removals = new ArrayList<>();
    boolean whole = false;
    for (String line : dnf("resolve", ignored -> {}).lines().toList()) {
      String[] words = line.split("\t", -1);
      switch (words[0] + words.length) {
        case "download3" -> downloads.add(new Download(words[1], fileName(words[2])));
        case "install4" -> installs.add(new Install(words[1], words[2], words[3]));
        case "remove2" -> removals.add(words[1]);
        case "end1" -> whole = true;
        default -> {
          // What plugins and libraries print.
        }
      }
    }
    if (!whole) {
      throw new GuestException("The guest's dnf did not say what it would do.");
    }
    return new Transaction(downloads, installs, removals);
  }

  private String only() {
    return plan.changes().stream()
        .map(change -> String.join("\t", change.name(), change.architecture(), change.to() + "\n"))
        .collect(Collectors.joining());
  }

  private static String fileName(String name) throws GuestException {
    if (!name.matches("[A-Za-z0-9_][^/\\s]*\\.rpm")) {
      throw new GuestException("The guest's dnf asks for a file of the name " + name);
    }
    return name;
  }

  @Override
  void carryOut(Transaction transaction, DoubleConsumer progress) throws GuestException {
    dnf(
        "apply",
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
    dnf("check", line -> {});
  }

  @Override
  void tidyUp() throws GuestException {
    new Selinux(guest).relabel();
  }

  /** Isolated, without writing compiled modules into the guest's library. */
  private String dnf(String mode, Consumer<String> onLine) throws GuestException {
    String python = guest.exists(PLATFORM_PYTHON) ? PLATFORM_PYTHON : PYTHON;
    return guest.run(List.of(python, "-I", "-B", SCRIPT, mode), applyLimit, onLine);
  }
}
