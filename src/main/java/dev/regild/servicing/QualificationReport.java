package dev.regild.servicing;

import dev.regild.machine.BootEvidence;
import dev.regild.plan.InstalledPackage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a booted system said of itself.
 *
 * @param kernel the release of the running kernel: {@code 6.1.0-44-amd64}; on Windows, its version:
 *     {@code 10.0.20348.2340}
 * @param systemState systemd's word: {@code running}, {@code degraded}
 * @param failedUnits the units that failed to start; on Windows, the services and devices that
 *     don't work
 * @param packages what its package manager says is installed; on Windows, only the system itself
 * @param bootDefault the entry that GRUB is told to boot; empty where nothing is said
 * @param bootEntries the releases of the kernels that the boot loader has entries for
 * @param seen what was seen of the boot from outside; empty if it was not watched
 */
public record QualificationReport(
    String kernel,
    String systemState,
    List<String> failedUnits,
    List<InstalledPackage> packages,
    String bootDefault,
    List<String> bootEntries,
    Optional<BootEvidence> seen) {
  /** More than any image has; the report is the guest's. */
  private static final int MOST_ENTRIES = 1000;

  /** Longer than any release of a kernel, or name of a unit. */
  private static final int LONGEST = 200;

  private static final Pattern CONTROLS = Pattern.compile("\\p{gc=Cc}");

  public QualificationReport {
    failedUnits = List.copyOf(failedUnits);
    packages = List.copyOf(packages);
    bootEntries = List.copyOf(bootEntries);
  }

  /** Of a system about whose boot loader nothing is known. */
  public QualificationReport(
      String kernel,
      String systemState,
      List<String> failedUnits,
      List<InstalledPackage> packages) {
    this(kernel, systemState, failedUnits, packages, "", List.of(), Optional.empty());
  }

  /** The same, of a boot that was watched. */
  public QualificationReport with(BootEvidence evidence) {
    return new QualificationReport(
        kernel,
        systemState,
        failedUnits,
        packages,
        bootDefault,
        bootEntries,
        Optional.of(evidence));
  }

  /**
   * @throws GuestException if the report is not whole
   */
  static QualificationReport parse(String text) throws GuestException {
    String kernel = "";
    String state = "";
    boolean whole = false;
    List<String> failed = new ArrayList<>();
    List<InstalledPackage> packages = new ArrayList<>();
    String bootDefault = "";
    List<String> bootEntries = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] fields = line.split("\t", -1);
      String value = fields.length > 1 ? fields[1] : "";
      switch (fields[0]) {
        case "kernel" -> kernel = said(value);
        case "state" -> state = said(value);
        case "failed" -> failed.add(said(value));
        case "package" -> {
          if (fields.length == 6 && fields[5].equals("installed")) {
            packages.add(
                new InstalledPackage(value, fields[2], fields[3], fields[4].equals("hold")));
          }
        }
        case "boot-default" -> bootDefault = said(value);
        case "boot-entry" -> {
          if (bootEntries.size() < MOST_ENTRIES) {
            bootEntries.add(said(value));
          }
        }
        case "end" -> whole = true;
        default -> throw new GuestException("The boot report contains: " + said(line));
      }
    }
    if (!whole || kernel.isEmpty()) {
      throw new GuestException("The boot report is incomplete.");
    }
    return new QualificationReport(
        kernel, state, failed, packages, bootDefault, bootEntries, Optional.empty());
  }

  /** What a guest says of itself reaches the registry, answers and terminals. */
  private static String said(String value) {
    return CONTROLS.matcher(value.substring(0, Math.min(value.length(), LONGEST))).replaceAll("?");
  }
}
