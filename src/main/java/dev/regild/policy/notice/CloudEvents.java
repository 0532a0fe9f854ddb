package dev.regild.policy.notice;

import dev.regild.event.Event;
import dev.regild.event.RecordedEvent;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Events as CloudEvents 1.0, in the structured JSON format. */
public final class CloudEvents {
  /** The media type of one event. */
  static final String TYPE = "application/cloudevents+json";

  private CloudEvents() {}

  /**
   * Returns the attributes of an event, and its data. The extension {@code sequence} is its number:
   * of two events, the one with the lower number happened first.
   */
  public static Map<String, Object> of(RecordedEvent recorded) {
    Event event = recorded.event();
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("specversion", "1.0");
    members.put("id", recorded.id());
    members.put("source", source(event));
    members.put("type", event.type().attribute());
    members.put("subject", event.subject());
    members.put("time", recorded.happened().toString());
    members.put("datacontenttype", "application/json");
    // Numbers are compared as texts, so all have the same length.
    members.put("sequence", "%019d".formatted(recorded.number()));
    members.put("data", event.payload());
    return members;
  }

  private static String source(Event event) {
    return event.accountId().isEmpty()
        ? "urn:regild"
        : "urn:regild:%s:%s".formatted(event.accountId(), event.region());
  }

  static String json(RecordedEvent recorded) {
    return JsonMapper.shared().writeValueAsString(of(recorded));
  }
}
