package dev.regild.policy;

import dev.regild.image.Owner;
import java.util.List;

/** Where acts of policies are recorded beside those of callers. */
@FunctionalInterface
public interface Audit {
  /**
   * Records an act that no caller asked for.
   *
   * @param owner whose policy it is
   * @param policy the policy that acts: {@code schedule/nightly}
   * @param operation what it does, as callers' operations are named
   * @param resources the rule and the plan by which it acts, and the names of what it acts on
   * @param outcome {@code ok}, or the error's name
   */
  void act(Owner owner, String policy, String operation, List<String> resources, String outcome);
}
