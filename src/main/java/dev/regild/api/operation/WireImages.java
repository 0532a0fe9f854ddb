package dev.regild.api.operation;

import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.Owner;
import dev.regild.image.RevokedImages.Revoked;
import dev.regild.update.planning.LatestAgents;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Images in the protocol's shape.
 *
 * @param agents says whether their channels have no newer agent
 */
record WireImages(LatestAgents agents) {
  /** An image as its owner sees it. */
  WireImage of(Image image) {
    return together(List.of(image))
        .of(image, image.owner(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** For images of one answer. */
  Together together(List<Image> images) {
    return new Together(agents.latest(images));
  }

  /** Images of one answer. */
  record Together(Function<Image, Optional<Boolean>> agentIsLatest) {
    /**
     * An image as somebody sees it.
     *
     * @param share what the viewer may make of it, if it is shared with the viewer
     * @param waiting why no node can make it
     * @param revoked why it is not to be used any more
     */
    WireImage of(
        Image image,
        Owner viewer,
        Optional<ImagePermissions> share,
        Optional<String> waiting,
        Optional<Revoked> revoked) {
      return WireImage.of(image, viewer, share, waiting, revoked, agentIsLatest.apply(image));
    }
  }
}
