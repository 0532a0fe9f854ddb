package dev.regild.update;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.Channels;
import dev.regild.channel.Snapshot;
import dev.regild.image.Image;
import dev.regild.image.Inventories;
import dev.regild.inventory.Inventory;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PlanRules;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an image holds of its channel's agent. */
public final class AgentVersions {
  private static final Logger LOG = LoggerFactory.getLogger(AgentVersions.class);

  private final Channels channels;
  private final Inventories inventories;

  public AgentVersions(Channels channels, Inventories inventories) {
    this.channels = channels;
    this.inventories = inventories;
  }

  /** Its version; empty if there is no agent, or the platform has no channel that names one. */
  public Optional<String> of(Inventory inventory) {
    return channel(inventory.os().platform())
        .flatMap(channel -> agents(inventory, channel).stream().findFirst())
        .map(InstalledPackage::version);
  }

  /** Whether the channel's current snapshot has no newer one; empty where {@link #of} is. */
  public Optional<Boolean> isLatest(Image image) {
    if (image.agentVersion().isEmpty() || image.disk().isEmpty()) {
      return Optional.empty();
    }
    Inventory inventory = inventories.load(image.disk().get().inventory());
    return channel(inventory.os().platform())
        .flatMap(channel ->
            snapshot(channel)
                .map(snapshot ->
                    agents(inventory, channel).stream()
                        .allMatch(agent -> snapshot.upgradeOf(agent).isEmpty())));
  }

  private static List<InstalledPackage> agents(Inventory inventory, Channel channel) {
    PlanRules rules = channel.planRules();
    return inventory.packages().stream()
        .filter(each -> rules.kindOf(each.name()) == ChangeKind.AGENT)
        .toList();
  }

  private Optional<Channel> channel(String platform) {
    try {
      return channels.forPlatform(platform);
    } catch (ChannelException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("agent version unknown");
      return Optional.empty();
    }
  }

  private Optional<Snapshot> snapshot(Channel channel) {
    try {
      return channels.current(channel.name());
    } catch (ChannelException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("agent version unknown");
      return Optional.empty();
    }
  }
}
