package dev.regild.feed;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * How a feed does.
 *
 * @param snapshot SHA-256 of the last good content; empty before the first
 * @param snapshotAt when that was read
 * @param verified how its origin was verified
 * @param checkedAt when the last good refresh ended
 * @param attemptedAt when the last refresh ended; if it has not ended, when it began
 * @param error why the last refresh failed, or that it has not ended
 * @param issues how many entries there are, by platform; the empty one is for what is of none
 */
public record FeedStatus(
    Feed feed,
    Optional<String> snapshot,
    Optional<Instant> snapshotAt,
    Optional<String> verified,
    Optional<Instant> checkedAt,
    Optional<Instant> attemptedAt,
    Optional<String> error,
    Map<String, Integer> issues) {}
