package dev.regild.policy.schedule;

import java.time.Instant;

/**
 * What a schedule decided on a line, and what became of it.
 *
 * @param ordinal the order of the updates of a run
 * @param reason why there is no update, why it failed, or which conditions were met
 * @param image the image that was looked at; empty if the line has none
 * @param snapshot the digest of the snapshot that it was compared with; may be empty
 * @param changes of the plan
 * @param newImage the name of the new image; empty before the update begins
 * @param newImageId its id; empty before the update was accepted
 */
public record Decision(
    String line,
    int ordinal,
    Outcome outcome,
    String reason,
    String image,
    String snapshot,
    int changes,
    String newImage,
    String newImageId,
    Instant decided) {

  /** What became of it. */
  public enum Outcome {
    NOT_NEEDED,
    WAITING,
    UPDATING,
    SUCCEEDED,
    FAILED,
    /** It was to be updated, and was not begun. */
    STOPPED;

    /** Whether nothing more becomes of it. */
    boolean isFinal() {
      return this != WAITING && this != UPDATING;
    }
  }

  static Decision not(String line, String image, String reason, Instant now) {
    return new Decision(line, 0, Outcome.NOT_NEEDED, reason, image, "", 0, "", "", now);
  }

  Decision to(Outcome next, String why, Instant now) {
    return new Decision(
        line, ordinal, next, why, image, snapshot, changes, newImage, newImageId, now);
  }

  Decision named(String name, String id) {
    return new Decision(
        line, ordinal, outcome, reason, image, snapshot, changes, name, id, decided);
  }

  Decision at(int place) {
    return new Decision(
        line, place, outcome, reason, image, snapshot, changes, newImage, newImageId, decided);
  }
}
