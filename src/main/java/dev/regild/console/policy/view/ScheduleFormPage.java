package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import java.util.List;
import java.util.Optional;

/**
 * The form that adds a schedule, or changes one.
 *
 * @param existing the name of the schedule that it changes; empty to add one
 * @param lines proposals
 * @param zones proposals
 * @param forecast what it would do; empty before a preview
 */
public record ScheduleFormPage(
    String existing,
    Fields form,
    List<String> lines,
    List<String> zones,
    Optional<ForecastPage> forecast,
    Commands commands) {

  /** Every field whose error can stand beside it. */
  public static final List<String> FIELDS =
      List.of(
          "name",
          "lines",
          "cron",
          "zone",
          "window",
          "severity",
          "cves",
          "packages",
          "moreThan",
          "quiet",
          "cooldown",
          "atMost",
          "canary",
          "disableAfter",
          "pattern",
          "alias");

  public String action() {
    return existing.isEmpty() ? "/console/new-schedule" : Paths.schedule(existing, "/change");
  }

  /** The parts of the page that a check replaces, for htmx. */
  public String replaced() {
    StringBuilder ids = new StringBuilder("#form-error,#commands");
    FIELDS.forEach(field -> ids.append(",#").append(field).append("-error"));
    return ids.toString();
  }
}
