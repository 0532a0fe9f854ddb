package dev.regild.channel;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageSystem;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds the best offer for one installed package. */
final class Candidate implements Consumer<PackageTable.Offer> {
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
  public void accept(PackageTable.Offer offer) {
    if (!isFor(offer.architecture())) {
      return;
    }
    int difference = order.compare(offer.version(), installed.version());
    if (difference == 0) {
      installedPriority = Math.max(installedPriority, offer.priority());
    } else if (difference > 0
        && (offer.priority() > priority
            || (offer.priority() == priority && order.compare(offer.version(), version) > 0))) {
      version = offer.version();
      priority = offer.priority();
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
  boolean isFor(String offered) {
    String own = installed.architecture();
    if (offered.equals(own)) {
      return true;
    }
    return (own.equals(anyArchitecture) || own.equals(mainArchitecture))
        && (offered.equals(anyArchitecture) || offered.equals(mainArchitecture));
  }
}
