package dev.regild.update.steps;

import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.image.Image;
import dev.regild.image.Predecessor;
import dev.regild.image.Qualification;
import dev.regild.plan.Change;
import dev.regild.plan.UpdatePlan;
import java.util.Map;

/** What is told of updates. */
public final class UpdateEvents {
  private UpdateEvents() {}

  /** An update was accepted. */
  public static Event accepted(
      Image created, Image existing, String snapshot, UpdatePlan plan, String askedBy) {
    return of(
        EventType.UPDATE_ACCEPTED,
        created,
        Map.of(
            "existingImage",
            existing.name(),
            "snapshot",
            snapshot,
            "changes",
            plan.changes().size(),
            "securityChanges",
            plan.changes().stream().filter(Change::security).count(),
            "askedBy",
            askedBy));
  }

  /** An update has made its image. */
  static Event succeeded(Image created) {
    return of(EventType.UPDATE_SUCCEEDED, created, Map.of("existingImage", existing(created)));
  }

  /** The image of an update has started. */
  static Event qualified(Image created, Qualification qualification) {
    return of(
        EventType.IMAGE_QUALIFIED,
        created,
        Map.of("kernel", qualification.kernel(), "state", qualification.systemState()));
  }

  /** An update has failed, or was cancelled. */
  static Event failed(Image created, String reason) {
    return of(
        EventType.UPDATE_FAILED,
        created,
        Map.of("existingImage", existing(created), "reason", reason));
  }

  private static String existing(Image created) {
    return created.origin().predecessor().map(Predecessor::name).orElse("");
  }

  private static Event of(EventType type, Image image, Map<String, Object> payload) {
    return new Event(
        type, image.owner().accountId(), image.owner().region(), image.name(), payload);
  }
}
