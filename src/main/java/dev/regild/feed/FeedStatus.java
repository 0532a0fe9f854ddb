package dev.regild.feed;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a feed does.
 *
 * @param snapshot SHA-256 of the content that counts; empty before the first
 * @param snapshotAt when that was read
 * @param verified how its origin was verified
 * @param checkedAt when the last good refresh ended
 * @param attemptedAt when the last refresh ended; if it has not ended, when it began
 * @param error why the last refresh failed, or that it has not ended
 * @param issues how many entries there are, by platform; the empty one is for what is of none
 * @param snapshots the good contents that are kept, newest first
 * @param held whether an earlier one counts until the operator says otherwise
 */
public record FeedStatus(
    Feed feed,
    Optional<String> snapshot,
    Optional<Instant> snapshotAt,
    Optional<String> verified,
    Optional<Instant> checkedAt,
    Optional<Instant> attemptedAt,
    Optional<String> error,
    Map<String, Integer> issues,
    List<FeedSnapshot> snapshots,
    boolean held) {
  /** Returns the content that was read last; empty before the first. */
  public Optional<FeedSnapshot> newest() {
    return snapshots.stream().findFirst();
  }

  /** Whether the content that was read last says something of all these platforms, or nothing. */
  boolean isReadFor(Set<String> platforms) {
    return newest().filter(each -> each.issues().keySet().containsAll(platforms)).isPresent();
  }
}
