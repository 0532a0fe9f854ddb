package dev.regild.console.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where updates come from.
 *
 * @param refreshing whether any channel is being refreshed from here
 * @param operator whether whoever looks may add one
 */
public record ChannelsPage(List<Row> channels, boolean refreshing, boolean operator, Instant now) {
  /**
   * A channel.
   *
   * @param sources each in a line
   * @param digest of its current snapshot; empty before the first
   * @param checked when a refresh last succeeded
   * @param error what is wrong, in words; empty if all is well
   */
  public record Row(
      String name,
      String platform,
      List<String> sources,
      String digest,
      Optional<Instant> snapshotAt,
      Optional<Instant> checked,
      String error,
      List<String> notices,
      boolean refreshing) {}
}
