package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.event.EventType;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What has happened, the newest first.
 *
 * @param type whose events are shown; empty for all
 * @param subject whose events are shown; empty for all
 * @param older where older ones are; empty if there are none
 */
public record EventsPage(
    List<Row> rows, String type, String subject, String older, Commands commands, Instant now) {

  /**
   * An event.
   *
   * @param path of the page about its subject; empty if there is none
   * @param payload what is to be known of it, by name
   */
  public record Row(
      long number,
      String type,
      String tone,
      String subject,
      String path,
      Instant happened,
      Map<String, String> payload) {}

  public static List<EventType> types() {
    return List.of(EventType.values());
  }

  public boolean isFiltered() {
    return !type.isEmpty() || !subject.isEmpty();
  }
}
