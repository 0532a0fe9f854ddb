package dev.regild.channel.ring;

import java.util.Optional;

/** Finds the ring that an image follows. */
@FunctionalInterface
public interface RingLookup {
  /** Where there are no rings. */
  RingLookup NONE = _ -> Optional.empty();

  /** Returns the ring of an image; empty if it follows none, and so the channel's repositories. */
  Optional<Ring> of(String imageId);
}
