package dev.regild.plan;

import java.util.Optional;

/** What a channel offers, as one snapshot saw it. */
public interface AvailablePackages {
  /**
   * The version that the package manager would choose for an installed package.
   *
   * @return the chosen version when it is higher than the installed one, else empty
   */
  Optional<String> upgradeOf(InstalledPackage installed);
}
