package dev.regild.plan;

import java.util.List;

/**
 * Every change that would bring an image up to date.
 *
 * @param changes by kind, then name, then architecture; empty means up to date
 * @param securityOnly whether the update is limited to these changes and what they need, since its
 *     channel offers only security fixes
 * @param keptBack what stays behind what the channel offers, and why
 * @param others what else comes, goes or changes, as far as it is known: all of it once the guest's
 *     package manager was asked, before that only what the channel's indexes say themselves
 * @param warnings what the image's owner should know of it, whatever is updated
 */
public record UpdatePlan(
    List<Change> changes,
    boolean securityOnly,
    List<KeptBack> keptBack,
    List<PackageChange> others,
    List<String> warnings) {
  public UpdatePlan {
    changes = List.copyOf(changes);
    // A plan that was stored before these were told apart has none.
    keptBack = keptBack == null ? List.of() : List.copyOf(keptBack);
    others = others == null ? List.of() : List.copyOf(others);
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
  }

  /** A plan in which nothing is kept back. */
  public UpdatePlan(List<Change> changes, boolean securityOnly) {
    this(changes, securityOnly, List.of(), List.of(), List.of());
  }

  /** A plan that is not limited. */
  public UpdatePlan(List<Change> changes) {
    this(changes, false);
  }

  /** The same with what its owner should know. */
  public UpdatePlan warning(List<String> known) {
    return new UpdatePlan(changes, securityOnly, keptBack, others, known);
  }

  public boolean isEmpty() {
    return changes.isEmpty();
  }

  /**
   * The changes that an installation does not show: the package is missing, or at a lower version.
   * Its architecture may have changed between that of every machine and another, as packages do.
   */
  public List<Change> unmet(List<InstalledPackage> installed, PackageFamily system) {
    return changes.stream()
        .filter(change -> installed.stream().noneMatch(p -> shows(p, change, system)))
        .toList();
  }

  private static boolean shows(InstalledPackage installed, Change change, PackageFamily system) {
    String any = system.anyArchitecture();
    return installed.name().equals(change.name())
        && (installed.architecture().equals(change.architecture())
            || installed.architecture().equals(any)
            || change.architecture().equals(any))
        && system.order().compare(installed.version(), change.to()) >= 0;
  }
}
