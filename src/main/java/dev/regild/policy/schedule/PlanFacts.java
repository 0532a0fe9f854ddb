package dev.regild.policy.schedule;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What conditions look at in a plan.
 *
 * @param changes how many changes count
 * @param waiting how many do not count yet, because their versions are too new
 * @param security how many of those that count fix security problems
 * @param severity the highest of what the update fixes; empty if nobody says
 * @param cves that the update fixes
 * @param packages the names of the packages that change
 * @param kernel whether one of them is a kernel
 * @param agent whether one of them is the agent
 */
public record PlanFacts(
    int changes,
    int waiting,
    int security,
    Optional<Severity> severity,
    Set<String> cves,
    List<String> packages,
    boolean kernel,
    boolean agent) {
  public PlanFacts {
    cves = Set.copyOf(cves);
    packages = List.copyOf(packages);
  }

  /** Returns a number of changes as a text: {@code 1 change}. */
  static String text(int changes) {
    return changes == 1 ? "1 change" : changes + " changes";
  }
}
