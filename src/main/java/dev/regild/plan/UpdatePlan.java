package dev.regild.plan;

import java.util.List;

/**
 * Every change that would bring an image up to date.
 *
 * @param changes by kind, then name, then architecture; empty means up to date
 * @param securityOnly whether the update is limited to these changes and what they need, since its
 *     channel offers only what mends security
 */
public record UpdatePlan(List<Change> changes, boolean securityOnly) {
  public UpdatePlan {
    changes = List.copyOf(changes);
  }

  /** A plan that is not limited. */
  public UpdatePlan(List<Change> changes) {
    this(changes, false);
  }

  public boolean isEmpty() {
    return changes.isEmpty();
  }

  /**
   * The changes that an installation does not show: the package is missing, or at a lower version.
   * Its architecture may have changed between that of every machine and another, as packages do.
   */
  public List<Change> unmet(List<InstalledPackage> installed, PackageSystem system) {
    return changes.stream()
        .filter(change -> installed.stream().noneMatch(p -> shows(p, change, system)))
        .toList();
  }

  private static boolean shows(InstalledPackage installed, Change change, PackageSystem system) {
    String any = system.anyArchitecture();
    return installed.name().equals(change.name())
        && (installed.architecture().equals(change.architecture())
            || installed.architecture().equals(any)
            || change.architecture().equals(any))
        && system.order().compare(installed.version(), change.to()) >= 0;
  }
}
