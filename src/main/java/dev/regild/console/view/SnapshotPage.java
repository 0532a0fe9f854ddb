package dev.regild.console.view;

import java.time.Instant;
import java.util.List;

/**
 * What a snapshot of a channel brought for the packages that the images have.
 *
 * @param before the digest of the snapshot before it
 * @param offers what it offers for installed packages and the one before did not, at most as many
 *     as a page has
 * @param count how many those are
 * @param packages how many packages it has, and how many the one before had
 */
public record SnapshotPage(
    String channel,
    String digest,
    Instant since,
    String before,
    List<Offer> offers,
    int count,
    String packages,
    Instant now) {
  /**
   * A new version of an installed package.
   *
   * @param earlier what the snapshot before offered; empty if it offered nothing newer
   */
  public record Offer(
      String name, String architecture, String installed, String earlier, String now) {}

  public String path() {
    return Words.channel(channel, "");
  }
}
