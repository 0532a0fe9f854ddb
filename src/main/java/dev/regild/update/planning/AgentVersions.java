package dev.regild.update.planning;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ring.Ring;
import dev.regild.image.Image;
import dev.regild.image.RefusedException;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an image holds of its channel's agent. */
public final class AgentVersions implements LatestAgents {
  private static final Logger LOG = LoggerFactory.getLogger(AgentVersions.class);

  private final UpdatePlans plans;

  public AgentVersions(UpdatePlans plans) {
    this.plans = plans;
  }

  /** Its version; empty if there is no agent, or the platform has no channel that names one. */
  public Optional<String> of(Inventory inventory) {
    return channel(inventory.os().platform())
        .map(this::agentNames)
        .flatMap(names -> agents(inventory, names).stream().findFirst())
        .map(InstalledPackage::version);
  }

  /**
   * Reads the snapshots that {@link #latest} compares images with, which takes some tenths of a
   * second in a process that has just begun. Why one can't be read, whoever asks for it is told.
   */
  public void prepare() {
    try {
      for (Channel channel : plans.channels()) {
        if (!channel.agentPackages().isEmpty() || channel.system().snapshotsNameAgents()) {
          var _ = offer(new Seen(channel.platform(), Optional.empty()));
        }
      }
    } catch (ChannelException | RuntimeException e) {
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("snapshots are not read ahead");
    }
  }

  @Override
  public Function<Image, Optional<Boolean>> latest(List<Image> images) {
    Map<String, Ring> rings =
        plans.ringsOf(images.stream().filter(AgentVersions::hasAgent).toList());
    Map<Seen, Optional<UpdatePlans.Offer>> offers = new HashMap<>();
    return image ->
        image
            .disk()
            .filter(_ -> hasAgent(image))
            .flatMap(disk ->
                image
                    .platform()
                    .map(platform -> new Seen(platform, Optional.ofNullable(rings.get(image.id()))))
                    .flatMap(seen -> offers.computeIfAbsent(seen, this::offer))
                    .map(offer -> plans.isAgentLatest(offer, disk.inventory())));
  }

  private static boolean hasAgent(Image image) {
    return image.disk().isPresent() && image.agentVersion().isPresent();
  }

  /** What an image sees of its platform's channel. */
  private record Seen(String platform, Optional<Ring> ring) {}

  static List<InstalledPackage> agents(Inventory inventory, Set<String> names) {
    return inventory.packages().stream().filter(each -> names.contains(each.name())).toList();
  }

  /**
   * What the channel names; else its catalogue's. Nothing but a catalogue has agents of its own:
   * the snapshot of no other channel is looked at.
   */
  private Set<String> agentNames(Channel channel) {
    if (!channel.agentPackages().isEmpty()) {
      return Set.copyOf(channel.agentPackages());
    }
    return channel.system().snapshotsNameAgents()
        ? offer(new Seen(channel.platform(), Optional.empty()))
            .map(UpdatePlans.Offer::agents)
            .orElse(Set.of())
        : Set.of();
  }

  private Optional<Channel> channel(String platform) {
    try {
      return plans.channelFor(platform);
    } catch (ChannelException e) {
      // Every description of images asks; that the channel is wrong, its refresh logs once.
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("agent version unknown");
      return Optional.empty();
    }
  }

  private Optional<UpdatePlans.Offer> offer(Seen seen) {
    try {
      return Optional.of(
          seen.ring().isPresent()
              ? plans.offerFor(seen.platform(), seen.ring().get())
              : plans.offerFor(seen.platform()));
    } catch (RefusedException e) {
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("nothing to compare agents with");
      return Optional.empty();
    }
  }
}
