package dev.regild.console.policy.view;

import dev.regild.policy.schedule.Decision;
import dev.regild.policy.schedule.Decision.Outcome;
import java.util.List;

/**
 * What a schedule decided on its lines at one time, or would decide.
 *
 * @param rows the first of them: those that lead to an update, then the others
 * @param updates how many lead, or led, to an update
 * @param count of all
 */
public record Decisions(List<Row> rows, long updates, int count) {
  private static final int MOST = 50;

  /**
   * A decision.
   *
   * @param tone {@code good}, {@code bad}, {@code busy} or {@code dim}
   */
  public record Row(
      String line,
      String tone,
      String outcome,
      String reason,
      String image,
      String newImage,
      String snapshot,
      int changes) {}

  /** Decisions that were made. */
  public static Decisions made(List<Decision> all) {
    return of(all, false);
  }

  /** Decisions that would be made. */
  public static Decisions forecast(List<Decision> all) {
    return of(all, true);
  }

  private static Decisions of(List<Decision> all, boolean forecast) {
    return new Decisions(
        all.stream()
            .sorted((one, other) ->
                Boolean.compare(
                    other.outcome() != Outcome.NOT_NEEDED, one.outcome() != Outcome.NOT_NEEDED))
            .limit(MOST)
            .map(each -> row(each, forecast))
            .toList(),
        all.stream().filter(each -> each.outcome() != Outcome.NOT_NEEDED).count(),
        all.size());
  }

  private static Row row(Decision each, boolean forecast) {
    return new Row(
        each.line(),
        switch (each.outcome()) {
          case NOT_NEEDED -> "dim";
          case WAITING, UPDATING -> "busy";
          case SUCCEEDED -> "good";
          case FAILED, STOPPED -> "bad";
        },
        switch (each.outcome()) {
          case NOT_NEEDED -> "no update";
          case WAITING -> forecast ? "update" : "waiting";
          case UPDATING -> "updating";
          case SUCCEEDED -> "updated";
          case FAILED -> "failed";
          case STOPPED -> "stopped";
        },
        each.reason(),
        each.image(),
        each.newImage(),
        each.snapshot().isEmpty() ? "" : Paths.digest(each.snapshot()),
        each.changes());
  }
}
