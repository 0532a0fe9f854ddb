package dev.regild.feed;

import java.time.Instant;
import java.util.Map;

/**
 * A good content of a feed.
 *
 * @param digest its SHA-256
 * @param readAt when it was read
 * @param verified how its origin was verified
 * @param issues how many entries there are, by platform; the empty one is for what is of none
 */
public record FeedSnapshot(
    String digest, Instant readAt, String verified, Map<String, Integer> issues) {}
