package dev.regild.console.policy.view;

import dev.regild.console.view.Commands;
import dev.regild.event.EventType;
import java.util.List;
import java.util.Set;

/**
 * Who is told of events, and how that goes.
 *
 * @param chosen the types of events that stand in the form
 */
public record NoticesPage(List<Row> rows, Fields form, Set<String> chosen, Commands commands) {

  /**
   * A notice.
   *
   * @param events the types that it sends; empty for all
   * @param waiting events that are still to be delivered
   * @param givenUp events that were not accepted for a day
   * @param problem why one of those that wait was not accepted; empty if nothing is wrong
   */
  public record Row(
      String name,
      String to,
      List<String> events,
      long delivered,
      long waiting,
      long givenUp,
      String problem) {}

  public static List<EventType> types() {
    return List.of(EventType.values());
  }
}
