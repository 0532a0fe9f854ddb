package dev.regild.event;

import java.util.Optional;
import java.util.stream.Stream;

/** The types of events. */
public enum EventType {
  UPDATE_AVAILABLE("image.update-available"),
  UPDATE_ACCEPTED("image.update-accepted"),
  UPDATE_SUCCEEDED("image.update-succeeded"),
  UPDATE_FAILED("image.update-failed"),
  IMAGE_QUALIFIED("image.qualified"),
  IMAGE_DEPRECATED("image.deprecated"),
  IMAGE_DELETED("image.deleted"),
  IMAGE_RESTORED("image.restored"),
  IMAGE_REVOKED("image.revoked"),
  REVOCATION_UNDONE("revocation.undone"),
  ALIAS_MOVED("alias.moved"),
  RING_PROMOTED("ring.promoted"),
  SNAPSHOT_ARRIVED("channel.snapshot-arrived"),
  REFRESH_FAILED("channel.refresh-failed"),
  SCHEDULE_DISABLED("schedule.disabled"),
  KEY_FIRST_USED("key.first-used");

  /** The names of CloudEvents' types begin with the domain of those who define them. */
  private static final String PREFIX = "dev.regild.";

  private final String word;

  EventType(String word) {
    this.word = word;
  }

  /** Returns the type of a constant's name; empty if this version does not know it. */
  static Optional<EventType> named(String name) {
    return Stream.of(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  /** Returns the {@code type} attribute: {@code dev.regild.image.update-accepted}. */
  public String attribute() {
    return PREFIX + word;
  }

  /** Returns the type without its prefix: {@code image.update-accepted}. */
  public String word() {
    return word;
  }
}
