package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.policy.retention.RetentionPlan;
import java.util.List;

/**
 * What retention would do now, or has done.
 *
 * @param line whose policy it is; empty for all lines
 * @param plan names all acts together
 * @param done whether it was carried out
 * @param acts of this page of the list
 * @param count of all acts
 * @param freed how much becomes free when the deletions can no longer be undone
 * @param kept the first of the images that are only kept because something holds them
 * @param left acts that were not carried out, with the reason
 * @param next where the list goes on; empty if it ends here
 * @param error why it was not carried out; empty if nothing was refused
 */
public record RetentionPlanPage(
    String line,
    String plan,
    boolean done,
    List<Row> acts,
    int count,
    long deprecated,
    long undeprecated,
    long deleted,
    String freed,
    List<Kept> kept,
    int keptCount,
    List<RetentionPlan.Kept> left,
    int from,
    String next,
    String error,
    Commands commands) {

  /** An act. */
  public record Row(String line, String tone, String act, String image, String why) {}

  /** An image that something holds. */
  public record Kept(String line, String image, String by) {}
}
