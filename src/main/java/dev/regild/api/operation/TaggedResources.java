package dev.regild.api.operation;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.image.Arn;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.builder.ImageBuilders;
import org.jdbi.v3.core.Handle;

/** What can have tags: the caller's images and image builders. */
final class TaggedResources {
  private TaggedResources() {}

  /**
   * Nothing happens if the caller has a resource of that ARN.
   *
   * @throws ApiException ResourceNotFoundException if not
   */
  static void require(Handle handle, Owner caller, String arn) {
    boolean exists =
        Arn.parse(arn)
            .filter(parsed -> parsed.owner().equals(caller))
            .map(parsed ->
                switch (parsed.kind()) {
                  case IMAGE -> Images.find(handle, caller, parsed.name()).isPresent();
                  case IMAGE_BUILDER ->
                      ImageBuilders.find(handle, caller, parsed.name()).isPresent();
                })
            .orElse(false);
    if (!exists) {
      throw new ApiException(
          ErrorType.RESOURCE_NOT_FOUND,
          "There is no image or image builder of %s with the ARN %s.".formatted(caller, arn));
    }
  }
}
