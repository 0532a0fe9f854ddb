package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;
import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.event.Events;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LineMembers;
import dev.regild.image.Owner;
import dev.regild.image.Qualification;
import dev.regild.image.RefusedException;
import dev.regild.image.ReservedNames;
import dev.regild.image.RevokedImages;
import dev.regild.image.builder.ImageBuilder;
import dev.regild.image.builder.ImageBuilders;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.image.quota.Quotas;
import dev.regild.job.node.Routing;
import dev.regild.plan.UpdatePlan;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.steps.UpdateEvents;
import dev.regild.update.steps.UpdateRooms;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Decides on updates: refuses, answers a dry run, or accepts and writes the job down. */
public final class ImageUpdates implements Updates {
  /** The kind of job that makes an accepted update; its id is the new image's. */
  public static final String JOB = "update-image";

  /** As AWS documents for managed image updates. */
  private static final Instant OLDEST_BASE_IMAGE = Instant.parse("2017-07-24T00:00:00Z");

  private final Database database;
  private final Quotas quotas;
  private final UpdateRecords records;
  private final UpdatePlans plans;
  private final JobQueue jobs;
  private final Routing routing;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  public ImageUpdates(
      Database database,
      Quotas quotas,
      UpdateRecords records,
      UpdatePlans plans,
      JobQueue jobs,
      Routing routing,
      Clock clock) {
    this.database = database;
    this.quotas = quotas;
    this.records = records;
    this.plans = plans;
    this.jobs = jobs;
    this.routing = routing;
    this.clock = clock;
  }

  @Override
  public UpdateAnswer update(UpdateRequest request) {
    Image existing =
        database.read(handle -> {
          Image updatable = requireUpdatable(handle, request);
          quotas.requireRoomForImage(handle, request.owner());
          quotas.requireRoomForImageBuilder(handle, request.owner());
          return updatable;
        });
    String inventory = inventoryOf(existing);
    UpdatePlans.Offer offer = plans.offerFor(existing);
    boolean canUpdate = plans.hasChanges(offer, inventory);
    if (request.dryRun() || !canUpdate) {
      return new UpdateAnswer(existing, canUpdate);
    }
    UpdatePlan plan = plans.plan(offer, inventory).warning(warnings(existing));
    Image accepted =
        database.inTransaction(handle -> accept(handle, request, existing.id(), offer, plan));
    jobs.wake();
    return new UpdateAnswer(accepted, true);
  }

  @Override
  public UpdatePlan plan(Owner owner, String imageName) {
    Image image = database.read(handle -> Images.requireOwned(handle, owner, imageName));
    String inventory = inventoryOf(image);
    return plans.plan(plans.offerFor(image), inventory).warning(warnings(image));
  }

  private static List<String> warnings(Image image) {
    return image.qualification().map(Qualification::warnings).orElse(List.of());
  }

  private Image requireUpdatable(Handle handle, UpdateRequest request) {
    Image existing = Images.requireOwned(handle, request.owner(), request.existingImageName());
    if (existing.state() == ImageState.DELETING) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION, "The image %s is being deleted.".formatted(existing.name()));
    }
    if (existing.state() != ImageState.AVAILABLE) {
      throw new RefusedException(
          NOT_PERMITTED,
          "The image %s is %s; only an AVAILABLE image can be updated."
              .formatted(existing.name(), existing.state()));
    }
    RevokedImages.requireNone(handle, existing);
    ReservedNames.requireFree(request.newImageName());
    Images.requireFreeName(handle, request.owner(), request.newImageName());
    if (existing.origin().baseImageReleased().isPresent()
        && existing.origin().baseImageReleased().get().isBefore(OLDEST_BASE_IMAGE)) {
      throw new RefusedException(
          INCOMPATIBLE,
          "The image %s descends from a base image released on %s; only those from %s on can be updated."
              .formatted(
                  existing.name(), existing.origin().baseImageReleased().get(), OLDEST_BASE_IMAGE));
    }
    return existing;
  }

  private static String inventoryOf(Image image) {
    return image
        .disk()
        .orElseThrow(() ->
            new RefusedException(
                INCOMPATIBLE, "The image %s has no disk yet.".formatted(image.name())))
        .inventory();
  }

  /**
   * All checks once more, where nobody can come between.
   *
   * @param planned the id of the image that the plan was made for
   */
  private Image accept(
      Handle handle,
      UpdateRequest request,
      String planned,
      UpdatePlans.Offer offer,
      UpdatePlan plan) {
    String snapshot = offer.snapshot().digest();
    Image existing = requireUpdatable(handle, request);
    if (!existing.id().equals(planned)) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The image %s was replaced in the meantime; try again.".formatted(existing.name()));
    }
    quotas.reserveImage(handle, request.owner());
    quotas.reserveImageBuilder(handle, request.owner());
    Instant now = clock.instant();
    Image created =
        existing.updated(
            request.newImageName(), request.displayName(), request.description(), snapshot, now);
    Images.insert(handle, created);
    LineMembers.follow(handle, existing, created);
    quotas.tag(handle, request.owner(), created.arn(), request.tags());
    ImageBuilders.insert(handle, ImageBuilder.updating(existing, created, random, now));
    records.start(
        handle,
        created,
        existing,
        snapshot,
        plan,
        request.options().or(offer.channel().options()),
        request.askedBy());
    Events.append(
        handle, UpdateEvents.accepted(created, existing, snapshot, plan, request.askedBy()), now);
    jobs.enqueue(handle, JOB, created.id(), routing.update(existing, UpdateRooms.leastBytes(plan)));
    return created;
  }
}
