package dev.regild.update.planning;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.EarlierSnapshots;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotHistory;
import dev.regild.image.Image;
import java.time.Instant;
import java.util.Optional;

/** Finds what a channel offers with its current snapshot, or offered with an earlier one. */
public final class SnapshotOffers {
  private final UpdatePlans plans;
  private final ChannelStore channels;
  private final EarlierSnapshots earlier;

  public SnapshotOffers(UpdatePlans plans, ChannelStore channels, EarlierSnapshots earlier) {
    this.plans = plans;
    this.channels = channels;
    this.earlier = earlier;
  }

  /**
   * What a channel offers or offered.
   *
   * @param since when the snapshot became the channel's; empty for the current one
   */
  public record Found(UpdatePlans.Offer offer, Optional<Instant> since) {}

  /**
   * Finds an offer.
   *
   * @param image that is compared
   * @param which empty for what the image's updates see now; else as {@link EarlierSnapshots#find}
   *     takes it
   * @throws RefusedException INCOMPATIBLE if the platform has no channel, or none that can be used
   * @throws ChannelException if the channel has no such snapshot
   */
  public Found find(Image image, String which) throws ChannelException {
    UpdatePlans.Offer now = plans.offerFor(image);
    if (which.isEmpty() || now.snapshot().digest().equals(which)) {
      return new Found(now, Optional.empty());
    }
    Channel channel = now.channel();
    SnapshotHistory.Entry entry = earlier.find(channel.name(), which);
    Snapshot snapshot =
        channels
            .snapshot(entry.digest())
            .orElseThrow(() ->
                new ChannelException(
                    "the snapshot %s of the channel %s was removed; snapshots.kept says how long they are kept"
                        .formatted(entry.digest(), channel.name())));
    return new Found(new UpdatePlans.Offer(channel, snapshot), Optional.of(entry.since()));
  }
}
