package dev.regild.update.planning;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
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

  @Override
  public Function<Image, Optional<Boolean>> latest() {
    Map<String, Optional<UpdatePlans.Offer>> offers = new HashMap<>();
    return image ->
        image
            .disk()
            .filter(_ -> image.agentVersion().isPresent())
            .flatMap(disk ->
                image
                    .platform()
                    .flatMap(platform -> offers.computeIfAbsent(platform, this::offer))
                    .map(offer -> plans.isAgentLatest(offer, disk.inventory())));
  }

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
        ? offer(channel.platform()).map(UpdatePlans.Offer::agents).orElse(Set.of())
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

  private Optional<UpdatePlans.Offer> offer(String platform) {
    try {
      return Optional.of(plans.offerFor(platform));
    } catch (RefusedException e) {
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("nothing to compare agents with");
      return Optional.empty();
    }
  }
}
