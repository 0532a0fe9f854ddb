package dev.regild.update;

import static dev.regild.image.RefusedException.Reason.NOT_AVAILABLE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.ReservedNames;
import dev.regild.image.RevokedImages;
import dev.regild.image.jobs.CopyRecords;
import dev.regild.image.quota.Quotas;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Decides on copies: refuses, or accepts and writes the job down. The copy's row names the source's
 * layer from the start, so the layer stays whatever becomes of the source; no byte is copied.
 */
public final class ImageCopies {
  private final Database database;
  private final Quotas quotas;
  private final JobQueue jobs;
  private final Clock clock;

  public ImageCopies(Database database, Quotas quotas, JobQueue jobs, Clock clock) {
    this.database = database;
    this.quotas = quotas;
    this.jobs = jobs;
    this.clock = clock;
  }

  /**
   * Accepts a copy.
   *
   * @return the new image, COPYING
   * @throws RefusedException NOT_FOUND if the owner sees no such image; NOT_AVAILABLE if it is
   *     another account's or not AVAILABLE, or the new name is reserved; ALREADY_EXISTS if the new
   *     name is taken; LIMIT_EXCEEDED if the destination has no room
   */
  public Image copy(CopyRequest request) {
    Image accepted = database.inTransaction(handle -> accept(handle, request));
    jobs.wake();
    return accepted;
  }

  private Image accept(Handle handle, CopyRequest request) {
    Image source = requireSource(handle, request.owner(), request.sourceName());
    ReservedNames.requireFree(request.destinationName(), NOT_AVAILABLE);
    Image copy =
        source.copied(
            request.destination(),
            request.destinationName(),
            request.description(),
            clock.instant());
    Images.requireFreeName(handle, copy.owner(), copy.name());
    quotas.reserveCopy(handle, copy.owner());
    quotas.reserveImage(handle, copy.owner());
    Images.insert(handle, copy);
    CopyRecords.start(handle, copy, source);
    followRevocation(handle, source, copy);
    jobs.enqueue(handle, CopyJob.KIND, copy.id());
    return copy;
  }

  /** A copy of a revoked image is revoked from its beginning. */
  private void followRevocation(Handle handle, Image source, Image copy) {
    RevokedImages.follow(handle, source, copy);
    RevokedImages.find(handle, source)
        .ifPresent(revoked ->
            Events.append(
                handle,
                new Event(
                    EventType.IMAGE_REVOKED,
                    copy.owner().accountId(),
                    copy.owner().region(),
                    copy.name(),
                    Map.of(
                        "relation",
                        "COPY",
                        "cause",
                        source.name(),
                        "revocation",
                        revoked.revocation(),
                        "reason",
                        revoked.reason())),
                clock.instant()));
  }

  private Image requireSource(Handle handle, Owner owner, String name) {
    Optional<Image> owned = Images.find(handle, owner, name);
    if (owned.isEmpty()) {
      throw Images.sees(handle, owner, name)
          ? new RefusedException(
              NOT_AVAILABLE,
              "The image %s belongs to another account; only its owner can copy it."
                  .formatted(name))
          : new RefusedException(
              NOT_FOUND, "There is no image named %s, for %s.".formatted(name, owner));
    }
    if (owned.get().state() != ImageState.AVAILABLE) {
      throw new RefusedException(
          NOT_AVAILABLE,
          "The image %s is %s; only an AVAILABLE image can be copied."
              .formatted(name, owned.get().state()));
    }
    return owned.get();
  }
}
