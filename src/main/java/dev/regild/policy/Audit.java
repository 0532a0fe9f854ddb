package dev.regild.policy;

import dev.regild.image.Owner;
import java.util.List;

/** Where each act of a policy is written down that no request asked for. */
@FunctionalInterface
public interface Audit {
  /**
   * An act.
   *
   * @param owner whose images it concerns
   * @param operation what was done: {@code DeleteImage}
   * @param policy the policy: {@code retention of golden}
   * @param rule what it says
   * @param plan what it acted on, by its digest or id
   * @param resources the names of the images
   * @param outcome {@code ok}, or why it failed
   */
  record Act(
      Owner owner,
      String operation,
      String policy,
      String rule,
      String plan,
      List<String> resources,
      String outcome) {}

  /** Writes an act down. */
  void write(Act act);
}
