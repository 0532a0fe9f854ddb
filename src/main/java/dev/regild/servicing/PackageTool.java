package dev.regild.servicing;

import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import java.time.Duration;

/** The program in a guest that its package manager is driven by. */
public interface PackageTool {
  /**
   * Returns the package manager of an opened guest.
   *
   * @param limit the longest that it may take at a time
   * @param plan what is to change; no more than that and what it needs, if it says so
   * @param options what the operator allows
   */
  PackageManager of(Guest guest, Duration limit, UpdatePlan plan, UpdateOptions options);

  /**
   * Returns a script that lists the installed packages, with fields separated by tabs: {@code
   * package}, name, architecture, version, and dpkg's words for the wanted and the actual state.
   */
  String listing();

  /** Returns the command that shows or corrects what is wrong with the packages. */
  String repair();
}
