package dev.regild.update;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.Channels;
import dev.regild.inventory.Inventory;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.InstalledPackage;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which version of its channel's agent an image holds. */
public final class AgentVersions {
  private static final Logger LOG = LoggerFactory.getLogger(AgentVersions.class);

  private final Channels channels;

  public AgentVersions(Channels channels) {
    this.channels = channels;
  }

  /** Empty if the image holds no agent, or its platform has no channel that could name one. */
  public Optional<String> of(Inventory inventory) {
    try {
      return channels
          .forPlatform(inventory.os().platform())
          .map(Channel::planRules)
          .flatMap(rules ->
              inventory.packages().stream()
                  .filter(p -> rules.kindOf(p.name()) == ChangeKind.AGENT)
                  .map(InstalledPackage::version)
                  .findFirst());
    } catch (ChannelException e) {
      LOG.warn("event=agent_version_unknown reason=\"{}\"", e.getMessage());
      return Optional.empty();
    }
  }
}
