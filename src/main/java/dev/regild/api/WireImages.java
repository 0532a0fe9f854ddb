package dev.regild.api;

import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.Owner;
import java.util.Optional;
import java.util.function.Function;

/**
 * Images in the protocol's shape.
 *
 * @param agentIsLatest whether an image's channel has no newer agent; empty if it has no agent
 */
record WireImages(Function<Image, Optional<Boolean>> agentIsLatest) {
  /** An image as its owner sees it. */
  WireImage of(Image image) {
    return of(image, image.owner(), Optional.empty());
  }

  /**
   * An image as somebody sees it.
   *
   * @param share what the viewer may make of it, if it is shared with the viewer
   */
  WireImage of(Image image, Owner viewer, Optional<ImagePermissions> share) {
    return WireImage.of(image, viewer, share, agentIsLatest.apply(image));
  }
}
