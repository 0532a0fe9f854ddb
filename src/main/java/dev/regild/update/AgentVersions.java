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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an image holds of its channel's agent. */
public final class AgentVersions {
  private static final Logger LOG = LoggerFactory.getLogger(AgentVersions.class);

  /** A few hundred bytes each. */
  private static final int CACHED = 16_384;

  private final Channels channels;
  private final Inventories inventories;

  /** What to find would take decoding a whole inventory for each image of a page. */
  private final Map<Key, List<InstalledPackage>> cache =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, List<InstalledPackage>> eldest) {
              return size() > CACHED;
            }
          });

  /**
   * What an image's agents depend on.
   *
   * @param inventory its digest
   * @param agents the names of the channel's agents
   */
  private record Key(String inventory, Set<String> agents) {}

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
    String inventory = image.disk().get().inventory();
    return image
        .platform()
        .flatMap(this::channel)
        .flatMap(channel ->
            snapshot(channel)
                .map(snapshot ->
                    agents(inventory, channel).stream()
                        .allMatch(agent -> snapshot.upgradeOf(agent).isEmpty())));
  }

  private List<InstalledPackage> agents(String inventory, Channel channel) {
    Key key = new Key(inventory, Set.copyOf(channel.agentPackages()));
    List<InstalledPackage> cached = cache.get(key);
    if (cached != null) {
      return cached;
    }
    List<InstalledPackage> agents = agents(inventories.load(inventory), channel);
    cache.put(key, agents);
    return agents;
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
