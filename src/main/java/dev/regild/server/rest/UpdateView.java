package dev.regild.server.rest;

import dev.regild.image.Image;
import dev.regild.image.StateChangeReason;
import dev.regild.image.jobs.UpdateRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An update as our endpoints show it.
 *
 * @param image the new image's name
 * @param imageState the new image's state
 * @param existingImage the name of the image that is updated
 * @param status RUNNING, SUCCEEDED or FAILED
 * @param reason why it has failed, or no node can run it, and what to do about it
 * @param snapshot the digest of the channel's snapshot
 * @param attempt the number of the current attempt, 0 before the first
 * @param created when it was accepted
 * @param ended when it succeeded or failed
 * @param steps those of the current attempt, in the order of their start
 * @param plan what it changes
 */
record UpdateView(
    String image,
    String imageState,
    String existingImage,
    String status,
    Optional<String> reason,
    String snapshot,
    int attempt,
    Instant created,
    Optional<Instant> ended,
    List<JobView.StepView> steps,
    PlanView plan) {

  /**
   * Shows an update.
   *
   * @param waiting why no node can run it
   */
  static UpdateView of(UpdateRecord update, Image image, Optional<String> waiting) {
    return new UpdateView(
        update.imageName(),
        image.state().name(),
        update.existing().name(),
        update.status().name(),
        image.stateChangeReason().map(StateChangeReason::message).or(() -> waiting),
        update.snapshot(),
        update.attempt(),
        update.created(),
        update.ended(),
        update.steps().stream().map(JobView.StepView::of).toList(),
        PlanView.of(update.existing().name(), update.plan()));
  }
}
