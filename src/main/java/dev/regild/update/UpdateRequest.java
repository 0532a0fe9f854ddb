package dev.regild.update;

import dev.regild.image.Owner;
import java.util.Map;
import java.util.Optional;

/**
 * A request for an image that is the existing one, up to date.
 *
 * @param owner who asks, and whose the new image will be
 * @param existingImageName the image to update
 * @param newImageName the image to make
 * @param description the new image's, for people
 * @param displayName what people see of the new image
 * @param tags the new image's
 * @param dryRun whether only the plan is wanted
 */
public record UpdateRequest(
    Owner owner,
    String existingImageName,
    String newImageName,
    Optional<String> description,
    Optional<String> displayName,
    Map<String, String> tags,
    boolean dryRun) {
  public UpdateRequest {
    tags = Map.copyOf(tags);
  }
}
