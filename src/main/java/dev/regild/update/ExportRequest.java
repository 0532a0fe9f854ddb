package dev.regild.update;

import dev.regild.image.Owner;
import java.util.Map;
import java.util.Optional;

/**
 * A request to write an image to a standalone disk.
 *
 * @param owner who asks
 * @param imageName the owner's image
 * @param amiName what the disk is to be called
 * @param amiDescription for people
 * @param tags carried with the task
 */
public record ExportRequest(
    Owner owner,
    String imageName,
    String amiName,
    Optional<String> amiDescription,
    Map<String, String> tags) {
  public ExportRequest {
    tags = Map.copyOf(tags);
  }
}
