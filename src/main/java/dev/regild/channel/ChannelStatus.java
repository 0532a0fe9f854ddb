package dev.regild.channel;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How a channel does.
 *
 * @param name the channel's
 * @param channel as its file has it; empty if the file is wrong
 * @param digest of its current snapshot; empty before the first refresh
 * @param snapshotAt when that snapshot was made
 * @param checkedAt when a refresh last succeeded, changed or not
 * @param attemptedAt when a refresh last ended, well or not
 * @param error what is wrong with the file, or else why the last refresh failed; empty if all is
 *     well
 * @param notices what the last good refresh found that the operator should know
 */
public record ChannelStatus(
    String name,
    Optional<Channel> channel,
    Optional<String> digest,
    Optional<Instant> snapshotAt,
    Optional<Instant> checkedAt,
    Optional<Instant> attemptedAt,
    Optional<String> error,
    List<String> notices) {
  public ChannelStatus {
    notices = List.copyOf(notices);
  }
}
