package dev.regild.plan;

import java.util.List;
import java.util.Optional;

/** What a channel offers, as one snapshot saw it. */
public interface AvailablePackages {
  /** The package system of what it offers, whose order its versions are in. */
  PackageFamily family();

  /**
   * The version that the package manager would choose for an installed package.
   *
   * @return the chosen version when it is another than the installed one, else empty; a lower one
   *     only if the image's owner prefers it
   */
  Optional<String> upgradeOf(InstalledPackage installed);

  /** What {@link #upgradeOf} would choose further, had the image's owner not said otherwise. */
  default Optional<KeptBack> keptBackOf(InstalledPackage installed) {
    return Optional.empty();
  }

  /** Whether {@link #upgradeOf} is limited to security fixes. */
  default boolean securityOnly() {
    return false;
  }

  /**
   * What takes the place of an installed package, as its own metadata says (rpm's {@code
   * Obsoletes}); the installed package then goes, and gets no upgrade.
   */
  default List<NewPackage> replacementsOf(InstalledPackage installed) {
    return List.of();
  }

  /**
   * What belongs into the image although no version of it is there: an update of a part that was
   * never updated, a driver for a device without one. Package repositories have none.
   */
  default List<NewPackage> additions() {
    return List.of();
  }

  /**
   * What the channel says about an upgrade.
   *
   * @param installed as it is now; of an addition, with an empty version
   * @param to as {@link #upgradeOf} or {@link #additions} answered
   */
  UpdateReasons reasonsFor(InstalledPackage installed, String to);
}
