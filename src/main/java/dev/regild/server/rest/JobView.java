package dev.regild.server.rest;

import dev.regild.image.Arn;
import dev.regild.image.Flattening;
import dev.regild.image.Image;
import dev.regild.image.JobStep;
import dev.regild.image.JobSteps;
import dev.regild.image.StateChangeReason;
import dev.regild.image.jobs.ExportTask;
import dev.regild.job.node.Nodes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * A job as our endpoints show it.
 *
 * @param image the name of the image that it makes, or exports
 * @param state that image's state; the task's if it is an export
 * @param status RUNNING, SUCCEEDED or FAILED
 * @param reason why it has failed, or no node can run it, and what to do about it
 * @param attempt the number of the current attempt, 0 before the first
 * @param created when it was accepted
 * @param steps those of the current attempt, in the order of their start
 */
record JobView(
    String image,
    String state,
    String status,
    Optional<String> reason,
    int attempt,
    Instant created,
    List<StepView> steps) {

  /**
   * One step.
   *
   * @param progress from 0 to 1
   */
  record StepView(
      String name,
      String status,
      double progress,
      String detail,
      Instant started,
      Optional<Instant> ended) {
    static StepView of(JobStep step) {
      return new StepView(
          step.name(),
          step.status().name(),
          step.progress(),
          step.detail(),
          step.started(),
          step.ended());
    }
  }

  /** The job that makes or made an image. */
  static JobView of(Handle handle, Nodes nodes, Image image) {
    String status =
        switch (image.state()) {
          case AVAILABLE, DELETING -> "SUCCEEDED";
          case FAILED -> "FAILED";
          case PENDING, IMPORTING, VALIDATING, COPYING, CREATING -> "RUNNING";
        };
    return of(
        handle,
        nodes,
        image.id(),
        image.name(),
        image.state().name(),
        status,
        image.stateChangeReason().map(StateChangeReason::message),
        image.created());
  }

  static JobView of(Handle handle, Nodes nodes, ExportTask task) {
    String status =
        switch (task.state()) {
          case EXPORTING -> "RUNNING";
          case COMPLETED -> "SUCCEEDED";
          case FAILED -> "FAILED";
        };
    return of(
        handle,
        nodes,
        task.id(),
        Arn.parse(task.imageArn()).map(Arn::name).orElse(task.imageArn()),
        task.state().name(),
        status,
        task.failure(),
        task.created());
  }

  /** The state is the flattening's: the image is AVAILABLE all the time. */
  static JobView of(Handle handle, Nodes nodes, Flattening flattening) {
    String status =
        switch (flattening.state()) {
          case FLATTENING -> "RUNNING";
          case FLATTENED -> "SUCCEEDED";
          case FAILED -> "FAILED";
        };
    return of(
        handle,
        nodes,
        flattening.id(),
        flattening.imageName(),
        flattening.state().name(),
        status,
        flattening.failure(),
        flattening.created());
  }

  private static JobView of(
      Handle handle,
      Nodes nodes,
      String job,
      String image,
      String state,
      String status,
      Optional<String> reason,
      Instant created) {
    int attempt = JobSteps.lastAttempt(handle, job);
    return new JobView(
        image,
        state,
        status,
        status.equals("RUNNING") ? nodes.waiting(handle, job) : reason,
        attempt,
        created,
        JobSteps.list(handle, job, attempt).stream().map(StepView::of).toList());
  }
}
