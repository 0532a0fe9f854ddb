package dev.regild.policy.schedule;

import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.LineMembers;
import dev.regild.image.Registry;
import dev.regild.update.UpdateRequest;
import java.time.Clock;
import java.util.Optional;

/** Updates that are in the registry, and that nobody makes. */
final class AcceptedUpdates {
  private AcceptedUpdates() {}

  /** Writes the image of an update as a server does when it accepts one. */
  static Image accept(Registry registry, UpdateRequest request, Clock clock) {
    return registry.write(handle -> {
      Image existing = Images.requireOwned(handle, request.owner(), request.existingImageName());
      Image image =
          existing.updated(
              request.newImageName(),
              Optional.empty(),
              Optional.empty(),
              "sha256:s",
              clock.instant());
      Images.insert(handle, image);
      LineMembers.follow(handle, existing, image);
      return image;
    });
  }
}
