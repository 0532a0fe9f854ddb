package dev.regild.policy.schedule;

import dev.regild.channel.ring.Ring;
import dev.regild.image.RefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What updates would change. Nothing is opened for it but what is in the registry. */
public interface Forecasts {
  /**
   * Returns the digest of the snapshot that images of a platform are compared with now.
   *
   * @param ring that the images follow; empty if they follow the channel's repositories
   * @throws RefusedException if there is none; the message says what to do
   */
  String snapshot(String platform, Optional<Ring> ring);

  /**
   * Returns what an update to the present snapshot would change.
   *
   * @param ring that the image follows; empty if it follows the channel's repositories
   * @param inventory the digest of the image's inventory
   * @param cooldown how long a snapshot must have had a version for it to count
   * @param fixes whether it has to know what the update fixes
   * @param at the time at which that has to be
   * @throws RefusedException if there is nothing to compare with; the message says what to do
   */
  PlanFacts facts(
      String platform,
      Optional<Ring> ring,
      String inventory,
      Optional<Duration> cooldown,
      boolean fixes,
      Instant at);
}
