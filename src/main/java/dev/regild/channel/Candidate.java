package dev.regild.channel;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageSystem;
import java.util.Comparator;
import java.util.Optional;

/** Finds the best offer for one installed package. */
final class Candidate implements PackageTable.OfferVisitor {
  /** What an installed version counts for, whatever repository it came from. */
  private static final int INSTALLED_PRIORITY = 100;

  private final InstalledPackage installed;
  private final String mainArchitecture;
  private final String anyArchitecture;
  private final Comparator<String> order;
  private int installedPriority = INSTALLED_PRIORITY;
  private String version = "";
  private int priority = -1;

  Candidate(InstalledPackage installed, String mainArchitecture, PackageSystem system) {
    this.installed = installed;
    this.mainArchitecture = mainArchitecture;
    this.anyArchitecture = system.anyArchitecture();
    this.order = system.order();
  }

  @Override
  public void offer(
      String offeredArchitecture, int offeredPriority, boolean security, String offered) {
    if (!isFor(offeredArchitecture)) {
      return;
    }
    int difference = order.compare(offered, installed.version());
    if (difference == 0) {
      installedPriority = Math.max(installedPriority, offeredPriority);
    } else if (difference > 0
        && (offeredPriority > priority
            || (offeredPriority == priority && order.compare(offered, version) > 0))) {
      version = offered;
      priority = offeredPriority;
    }
  }

  Optional<String> upgrade() {
    return priority >= installedPriority ? Optional.of(version) : Optional.empty();
  }

  /** Whether an upgrade to that version passes or reaches the offered one. */
  boolean takesIn(String offeredArchitecture, String offered, String to) {
    return isFor(offeredArchitecture)
        && order.compare(offered, installed.version()) > 0
        && order.compare(offered, to) <= 0;
  }

  /** A package for all architectures is one of the main architecture. */
  private boolean isFor(String offered) {
    String own = installed.architecture();
    if (offered.equals(own)) {
      return true;
    }
    return (own.equals(anyArchitecture) || own.equals(mainArchitecture))
        && (offered.equals(anyArchitecture) || offered.equals(mainArchitecture));
  }
}
