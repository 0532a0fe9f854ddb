package dev.regild.image.jobs;

import dev.regild.image.JobStep;
import dev.regild.image.Owner;
import dev.regild.image.Predecessor;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What one update does or did.
 *
 * @param imageId the id of the new image
 * @param owner whose it is
 * @param imageName the new image's name
 * @param existing the image that is updated
 * @param snapshot the digest of the channel's snapshot that the update is pinned to
 * @param plan what it is going to change; once the guest was asked, what of it is possible
 * @param options what the caller or the channel allows
 * @param askedBy the id of the access key that asked; empty if it is not known
 * @param status how it stands
 * @param attempt 0 before the first, one more with each start
 * @param created when it was accepted
 * @param ended when it succeeded or failed
 * @param steps those of the current attempt, in the order of their start
 */
public record UpdateRecord(
    String imageId,
    Owner owner,
    String imageName,
    Predecessor existing,
    String snapshot,
    UpdatePlan plan,
    UpdateOptions options,
    String askedBy,
    Status status,
    int attempt,
    Instant created,
    Optional<Instant> ended,
    List<JobStep> steps) {
  public UpdateRecord {
    steps = List.copyOf(steps);
  }

  /** How an update stands. */
  public enum Status {
    RUNNING,
    SUCCEEDED,
    FAILED
  }
}
