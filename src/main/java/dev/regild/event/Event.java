package dev.regild.event;

import java.util.Map;

/**
 * Something that has happened, before it has a number.
 *
 * @param accountId whom it concerns; empty for all accounts
 * @param region of the account; empty for all regions
 * @param subject the name of the image, channel or schedule
 * @param payload texts, numbers, truth values, lists and maps of them; never a secret
 */
public record Event(
    EventType type, String accountId, String region, String subject, Map<String, Object> payload) {
  public Event {
    payload = Map.copyOf(payload);
  }
}
