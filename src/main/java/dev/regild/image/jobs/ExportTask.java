package dev.regild.image.jobs;

import dev.regild.image.Owner;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * An image that is, or was, written to a standalone disk.
 *
 * @param id a UUID
 * @param owner account and region
 * @param imageId the image's id
 * @param imageArn the image's ARN
 * @param amiName the name that was asked for
 * @param amiDescription for people
 * @param amiId the id of the disk, which is there when the task is COMPLETED
 * @param tags as they were asked for
 * @param state how it stands
 * @param failure why it FAILED
 * @param created when it was asked for, in whole milliseconds
 */
public record ExportTask(
    String id,
    Owner owner,
    String imageId,
    String imageArn,
    String amiName,
    Optional<String> amiDescription,
    String amiId,
    Map<String, String> tags,
    State state,
    Optional<String> failure,
    Instant created) {
  public ExportTask {
    tags = Map.copyOf(tags);
  }

  /** {@code ExportImageTaskState} of the service model. */
  public enum State {
    EXPORTING,
    COMPLETED,
    FAILED
  }
}
