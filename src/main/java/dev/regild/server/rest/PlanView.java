package dev.regild.server.rest;

import dev.regild.plan.Change;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageChange;
import dev.regild.plan.UpdatePlan;
import java.util.List;
import java.util.Optional;

/**
 * An update plan as our endpoints show it.
 *
 * @param image the image that it is about
 * @param upToDate whether there is nothing to change
 * @param securityOnly whether its channel offers only security fixes
 * @param changes by kind, then name, then architecture
 * @param keptBack what stays behind what the channel offers, and why
 * @param others what else comes, goes or changes, as far as it is known
 * @param warnings what the image's owner should know, whatever is updated
 * @param cves what the update would fix, as far as that is known
 */
record PlanView(
    String image,
    boolean upToDate,
    boolean securityOnly,
    List<Change> changes,
    List<KeptBack> keptBack,
    List<PackageChange> others,
    List<String> warnings,
    Optional<FixesView> cves) {
  /** The plan without CVEs. */
  static PlanView of(String image, UpdatePlan plan) {
    return new PlanView(
        image,
        plan.isEmpty(),
        plan.securityOnly(),
        plan.changes(),
        plan.keptBack(),
        plan.others(),
        plan.warnings(),
        Optional.empty());
  }

  /** Returns the same plan with CVEs. */
  PlanView fixing(Optional<FixesView> fixes) {
    return new PlanView(image, upToDate, securityOnly, changes, keptBack, others, warnings, fixes);
  }
}
