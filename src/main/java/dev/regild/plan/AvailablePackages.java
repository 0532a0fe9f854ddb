package dev.regild.plan;

import java.util.Optional;

/** What a channel offers, as one snapshot saw it. */
public interface AvailablePackages {
  /** The package system of what it offers, whose order its versions are in. */
  PackageSystem system();

  /**
   * The version that the package manager would choose for an installed package.
   *
   * @return the chosen version when it is higher than the installed one, else empty
   */
  Optional<String> upgradeOf(InstalledPackage installed);

  /**
   * What the channel says about an upgrade.
   *
   * @param to as {@link #upgradeOf} answered
   */
  UpdateReasons reasonsFor(InstalledPackage installed, String to);
}
