package dev.regild.console.policy;

import dev.regild.console.Console;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.EventsPage;
import dev.regild.console.policy.view.Paths;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import dev.regild.image.Owner;
import gg.jte.generated.precompiled.policy.JteeventsGenerated;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** {@code /console/events}: what has happened to images, channels and schedules. */
final class EventPages implements Console.Pages {
  private static final int ROWS = 50;

  private final PolicyServices services;

  EventPages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes.show("/console/events", "ConsoleListEvents", this::list);
  }

  private void list(Visit visit) {
    Owner owner = visit.caller().owner();
    Optional<EventType> type =
        Stream.of(EventType.values())
            .filter(each -> each.word().equals(visit.query("type")))
            .findFirst();
    String subject = visit.query("subject");
    String before = visit.query("before");
    long number = before.matches("\\d{1,18}") ? Long.parseLong(before) : Long.MAX_VALUE;
    List<RecordedEvent> found =
        services
            .database()
            .read(handle ->
                Events.before(
                    handle, owner.accountId(), owner.region(), type, subject, number, ROWS + 1));
    EventsPage page =
        new EventsPage(
            found.stream().limit(ROWS).map(EventPages::row).toList(),
            type.map(EventType::word).orElse(""),
            subject,
            found.size() > ROWS
                ? "/console/events?type=%s&subject=%s&before=%d"
                    .formatted(
                        type.map(EventType::word).orElse(""),
                        Words.encoded(subject),
                        found.get(ROWS - 1).number())
                : "",
            Attempt.commands(visit, "regild events", "regild events --follow --json"),
            services.clock().instant());
    visit.show(
        Section.POLICIES,
        "Events",
        (out, frame) -> JteeventsGenerated.render(out, null, frame, page));
  }

  private static EventsPage.Row row(RecordedEvent recorded) {
    Event event = recorded.event();
    Map<String, String> payload = new TreeMap<>();
    event.payload().forEach((name, value) -> payload.put(name, String.valueOf(value)));
    return new EventsPage.Row(
        recorded.number(),
        event.type().word(),
        tone(event.type()),
        event.subject(),
        path(event),
        recorded.happened(),
        payload);
  }

  private static String tone(EventType type) {
    return switch (type) {
      case UPDATE_FAILED, REFRESH_FAILED, SCHEDULE_DISABLED, IMAGE_REVOKED -> "bad";
      case UPDATE_SUCCEEDED, IMAGE_QUALIFIED, IMAGE_RESTORED, REVOCATION_UNDONE -> "good";
      case UPDATE_ACCEPTED -> "busy";
      default -> "dim";
    };
  }

  /** Where more is to be seen; nowhere if the subject is gone. */
  private static String path(Event event) {
    return switch (event.type()) {
      case SNAPSHOT_ARRIVED, REFRESH_FAILED -> Words.channel(event.subject(), "");
      case SCHEDULE_DISABLED -> Paths.schedule(event.subject(), "");
      case IMAGE_DELETED, REVOCATION_UNDONE, RING_PROMOTED, ALIAS_MOVED, KEY_FIRST_USED -> "";
      default -> Words.image(event.subject(), "");
    };
  }
}
