package dev.regild.update;

import dev.regild.image.Owner;
import dev.regild.plan.UpdateOptions;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code CreateUpdatedImage} asks for.
 *
 * @param owner who asks, and where
 * @param existingImageName the image to update
 * @param newImageName the name of the image to make
 * @param description of the new image
 * @param displayName of the new image
 * @param tags of the new image
 * @param dryRun whether only to answer
 * @param options what the caller allows beside what the image's channel does
 * @param askedBy the id of the caller's access key; empty where requests are not signed
 */
public record UpdateRequest(
    Owner owner,
    String existingImageName,
    String newImageName,
    Optional<String> description,
    Optional<String> displayName,
    Map<String, String> tags,
    boolean dryRun,
    UpdateOptions options,
    String askedBy) {
  public UpdateRequest {
    tags = Map.copyOf(tags);
  }
}
