package dev.regild.feed;

/**
 * What a refresh of a feed came to.
 *
 * @param snapshot SHA-256 of the content
 * @param changed whether there is anything new
 * @param issues entries of all platforms, if there is anything new
 */
public record FeedResult(String snapshot, boolean changed, int issues) {}
