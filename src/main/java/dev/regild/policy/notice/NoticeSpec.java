package dev.regild.policy.notice;

import dev.regild.event.EventType;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.SpecReader;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Who is told of which events.
 *
 * @param to {@code https://…}, {@code http://…} or {@code mailto:…}
 * @param events the types of events; empty for all
 */
public record NoticeSpec(URI to, Set<EventType> events) {
  private static final int LONGEST = 500;

  public NoticeSpec {
    events = Set.copyOf(events);
  }

  static NoticeSpec read(String name, JsonNode json) {
    if (!name.matches("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}")) {
      throw new InvalidPolicyException(
          "'%s' is not the name of a notice. Use letters, digits, '.', '_' and '-', and begin with a letter or digit."
              .formatted(name));
    }
    SpecReader spec = SpecReader.of("Notice " + name, json);
    URI to = address(spec, spec.text("to"));
    Set<EventType> events =
        spec.texts("events").stream()
            .map(word -> type(spec, word))
            .collect(Collectors.toUnmodifiableSet());
    spec.end();
    return new NoticeSpec(to, events);
  }

  private static URI address(SpecReader spec, String text) {
    try {
      URI to = new URI(MailServer.isAddress(text) ? "mailto:" + text : text);
      boolean isWebhook =
          ("https".equals(to.getScheme()) || "http".equals(to.getScheme()))
              && to.getHost() != null
              && to.getRawUserInfo() == null
              && to.getRawFragment() == null;
      // Its raw form: %0A would become the end of a line.
      boolean isMail =
          "mailto".equals(to.getScheme()) && MailServer.isAddress(to.getRawSchemeSpecificPart());
      if (text.length() <= LONGEST && (isWebhook || isMail)) {
        return to;
      }
    } catch (URISyntaxException e) {
      throw spec.error("to", "is '%s': %s.".formatted(text, e.getReason()));
    }
    throw spec.error(
        "to",
        "is '%s'. Write https://HOST/PATH without user, password and fragment, or an e-mail address."
            .formatted(text));
  }

  private static EventType type(SpecReader spec, String word) {
    return Arrays.stream(EventType.values())
        .filter(type -> type.word().equals(word))
        .findFirst()
        .orElseThrow(() ->
            spec.error(
                "events",
                "has '%s'. Known are %s."
                    .formatted(
                        word,
                        Arrays.stream(EventType.values())
                            .map(EventType::word)
                            .collect(Collectors.joining(", ")))));
  }

  boolean wants(EventType type) {
    return events.isEmpty() || events.contains(type);
  }

  /** Returns whether it is told by e-mail; else by a webhook. */
  public boolean isMail() {
    return "mailto".equals(to.getScheme());
  }

  Map<String, Object> canonical() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("to", to.toString());
    if (!events.isEmpty()) {
      spec.put(
          "events",
          List.copyOf(
              events.stream().map(EventType::word).collect(Collectors.toCollection(TreeSet::new))));
    }
    return spec;
  }
}
