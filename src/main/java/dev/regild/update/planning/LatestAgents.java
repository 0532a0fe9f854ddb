package dev.regild.update.planning;

import dev.regild.image.Image;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Compares the agents of images with those of their channels. */
@FunctionalInterface
public interface LatestAgents {
  /**
   * Whether an image's channel has no newer agent, empty for one without an agent. It looks at each
   * channel once.
   *
   * @param images the ones that will be asked about
   */
  Function<Image, Optional<Boolean>> latest(List<Image> images);
}
