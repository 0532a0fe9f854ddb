package dev.regild.policy.schedule;

import dev.regild.channel.ring.Ring;
import dev.regild.image.RefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
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

  /** Begins to plan updates of many inventories, which takes less time than one after the other. */
  default Many many() {
    return (platform, ring, inventories, cooldown, fixes, at) -> {
      Map<String, PlanFacts> facts = new HashMap<>();
      inventories.forEach(
          each -> facts.put(each, facts(platform, ring, each, cooldown, fixes, at)));
      return facts;
    };
  }

  /** Many inventories, some at a time. For one thread. */
  @FunctionalInterface
  interface Many {
    /**
     * Returns the same as {@link Forecasts#facts} of several inventories.
     *
     * @return by digest; lacks those that have gone
     * @throws RefusedException if there is nothing to compare with
     * @throws IllegalStateException if one of the inventories is damaged
     */
    Map<String, PlanFacts> facts(
        String platform,
        Optional<Ring> ring,
        Collection<String> inventories,
        Optional<Duration> cooldown,
        boolean fixes,
        Instant at);
  }
}
