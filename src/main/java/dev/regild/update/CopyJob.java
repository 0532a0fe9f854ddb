package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.image.CopyRecords;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.StateChangeReason;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a copy AVAILABLE. It has its layers since it was accepted, so there is nothing else to do,
 * and nothing that could fail.
 */
public final class CopyJob implements JobQueue.Job {
  /** The kind of this job; its id is the new image's. */
  public static final String KIND = "copy-image";

  private static final Logger LOG = LoggerFactory.getLogger(CopyJob.class);

  private final Database database;
  private final Images images;
  private final CopyRecords records;

  public CopyJob(Database database, Images images, CopyRecords records) {
    this.database = database;
    this.images = images;
    this.records = records;
  }

  @Override
  public void run(String imageId) {
    database.useTransaction(handle ->
        images
            .findById(handle, imageId)
            .filter(image -> image.state() == ImageState.COPYING)
            .ifPresent(image -> {
              Image copy = images.transition(handle, image, ImageState.AVAILABLE);
              records.end(handle, copy);
              LOG.atInfo().addKeyValue("image", copy.name()).log("image copied");
            }));
  }

  @Override
  public void giveUp(String imageId, String why) {
    String message = "The copy failed. " + why;
    database.useTransaction(handle ->
        images
            .findById(handle, imageId)
            .filter(image -> image.state() == ImageState.COPYING)
            .ifPresent(image -> {
              StateChangeReason reason =
                  new StateChangeReason(StateChangeReason.Code.IMAGE_COPY_FAILURE, message);
              records.end(handle, images.fail(handle, image, reason, List.of()));
            }));
  }
}
