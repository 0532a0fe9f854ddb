package dev.regild.channel.ring;

import java.util.Collection;
import java.util.Map;

/** Finds the rings that images follow. */
@FunctionalInterface
public interface RingLookup {
  /** Where there are no rings. */
  RingLookup NONE = _ -> Map.of();

  /**
   * Returns the rings of images, by the image's id; lacks those that follow none, and so their
   * channel's repositories.
   */
  Map<String, Ring> of(Collection<String> imageIds);
}
