package dev.regild.channel;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** An installed package, and which of a repository's packages are versions of it. */
public final class UpgradeTarget {
  private final InstalledPackage installed;
  private final String mainArchitecture;
  private final String anyArchitecture;
  private final Comparator<String> order;

  /**
   * @param mainArchitecture of the machines
   */
  public UpgradeTarget(InstalledPackage installed, String mainArchitecture, PackageFamily family) {
    this.installed = installed;
    this.mainArchitecture = mainArchitecture;
    this.anyArchitecture = family.anyArchitecture();
    this.order = family.order();
  }

  /** Returns whether it is of the machines' own architecture, or of every one. */
  public boolean isNative() {
    String own = installed.architecture();
    return own.equals(anyArchitecture) || own.equals(mainArchitecture);
  }

  /** Returns whether a package of that architecture can take its place. */
  public boolean isFor(String offered) {
    return offered.equals(installed.architecture())
        || (isNative() && (offered.equals(anyArchitecture) || offered.equals(mainArchitecture)));
  }

  /** Returns whether an upgrade to that version passes or reaches the offered one. */
  public boolean takesIn(String offeredArchitecture, String offered, String to) {
    return isFor(offeredArchitecture)
        && order.compare(offered, installed.version()) > 0
        && order.compare(offered, to) <= 0;
  }

  /**
   * Returns the version to take where only fixes of security problems count.
   *
   * @param fixes the versions that fix some
   * @param offered the versions that can be had
   * @return the newest fix, or the next higher version where that can't be had any more
   */
  public Optional<String> fixing(Stream<String> fixes, Collection<String> offered) {
    return fixes
        .max(order)
        .flatMap(least ->
            offered.stream().filter(version -> order.compare(version, least) >= 0).min(order));
  }
}
