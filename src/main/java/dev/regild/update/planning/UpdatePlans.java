package dev.regild.update.planning;

import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.RingLookup;
import dev.regild.image.Image;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.inventory.Inventory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.PlanRules;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compares inventories with what the channels have now. Whether there is anything to update is
 * remembered for each inventory and snapshot, so that asking again decodes neither.
 */
public final class UpdatePlans {
  /** About 300 bytes each. */
  private static final int REMEMBERED = 32_768;

  private final ChannelStore channels;
  private final Inventories inventories;
  private final RingLookup rings;
  private final Cache<Question, Boolean> changes =
      Caffeine.newBuilder().maximumSize(REMEMBERED).build();
  private final Cache<Question, Boolean> agents =
      Caffeine.newBuilder().maximumSize(REMEMBERED).build();

  /** Where no image follows a ring. */
  public UpdatePlans(ChannelStore channels, Inventories inventories) {
    this(channels, inventories, RingLookup.NONE);
  }

  public UpdatePlans(ChannelStore channels, Inventories inventories, RingLookup rings) {
    this.channels = channels;
    this.inventories = inventories;
    this.rings = rings;
  }

  /** What the images of a platform are compared with. */
  public record Offer(Channel channel, Snapshot snapshot) {
    /** The names of the agent's packages: those of the channel and of its catalogue. */
    Set<String> agents() {
      Set<String> agents = new HashSet<>(snapshot.agents());
      agents.addAll(channel.agentPackages());
      return agents;
    }

    /** Returns the snapshot, limited to what the channel offers of it. */
    public Snapshot limited() {
      return channel.securityOnly() ? snapshot.limitedToSecurity() : snapshot;
    }

    /** What the channel lets an image have of it. */
    public AvailablePackages availableTo(Inventory inventory) {
      return limited().availableTo(inventory);
    }

    /** What makes a change one of a driver or of the agent. */
    public PlanRules rules() {
      return channel.planRules(snapshot.agents());
    }

    /** All of it, whatever the channel is limited to. */
    AvailablePackages allTo(Inventory inventory) {
      return snapshot.availableTo(inventory);
    }
  }

  /**
   * What the remembered answers depend on.
   *
   * @param inventory its digest
   * @param snapshot its digest
   * @param agents the names of the channel's agents
   * @param securityOnly whether the channel is limited
   */
  private record Question(
      String inventory, String snapshot, List<String> agents, boolean securityOnly) {}

  /**
   * What there is for a platform now.
   *
   * @throws RefusedException INCOMPATIBLE, with the remedy, if there is no channel for it, or none
   *     that can be used
   */
  public Offer offerFor(String platform) {
    try {
      Channel channel =
          channelFor(platform)
              .orElseThrow(
                  () -> new RefusedException(INCOMPATIBLE, ChannelStore.noneFor(platform)));
      Snapshot snapshot =
          channels
              .current(channel.name())
              .orElseThrow(() ->
                  new RefusedException(
                      INCOMPATIBLE,
                      "The channel %s has no snapshot yet. Create one: regild channel refresh %s"
                          .formatted(channel.name(), channel.name())));
      return new Offer(channel, snapshot);
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use the channel: " + e.getMessage());
    }
  }

  /**
   * What there is for an image now: what its ring stands on; without a ring, what there is for its
   * platform.
   *
   * @throws RefusedException INCOMPATIBLE, with the remedy, if there is nothing that can be used
   */
  public Offer offerFor(Image image) {
    String platform = image.platform().orElse("");
    Optional<Ring> ring = Optional.ofNullable(ringsOf(List.of(image)).get(image.id()));
    return ring.isPresent() ? offerFor(platform, ring.get()) : offerFor(platform);
  }

  /**
   * What a ring has for a platform now.
   *
   * @throws RefusedException INCOMPATIBLE, with the remedy, if there is nothing that can be used
   */
  public Offer offerFor(String platform, Ring ring) {
    if (ring.followsRepositories()) {
      return offerFor(platform);
    }
    String digest =
        ring.standing()
            .orElseThrow(() ->
                new RefusedException(
                    INCOMPATIBLE,
                    "The ring %2$s of the channel %1$s has no snapshot yet. Promote one: regild ring promote %1$s %3$s %2$s"
                        .formatted(ring.channel(), ring.name(), ring.source().orElse(""))))
            .snapshot();
    try {
      Channel channel = channels.require(ring.channel());
      if (!channel.platform().equals(platform)) {
        throw new RefusedException(
            INCOMPATIBLE,
            "The ring %s of the channel %s is for %s, and not for %s. Take the image's line out of it: regild ring unassign"
                .formatted(ring.name(), channel.name(), channel.platform(), platform));
      }
      return new Offer(channel, requireSnapshot(ring, digest));
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use the channel: " + e.getMessage());
    }
  }

  private Snapshot requireSnapshot(Ring ring, String digest) throws ChannelException {
    return channels
        .snapshot(digest)
        .orElseThrow(() ->
            new RefusedException(
                INCOMPATIBLE,
                "The snapshot %s of the ring %s is missing. Promote another one: regild ring promote %s %s %s"
                    .formatted(
                        digest,
                        ring.name(),
                        ring.channel(),
                        ring.source().orElse(""),
                        ring.name())));
  }

  /** The rings that images follow, by the image's id. */
  Map<String, Ring> ringsOf(List<Image> images) {
    List<String> following =
        images.stream().filter(image -> image.marks().followsRing()).map(Image::id).toList();
    return following.isEmpty() ? Map.of() : rings.of(following);
  }

  /** Every channel whose file can be read. */
  List<Channel> channels() throws ChannelException {
    return channels.list();
  }

  Optional<Channel> channelFor(String platform) throws ChannelException {
    return channels.forPlatform(platform);
  }

  /** Every change of an update of the inventory of that digest. */
  public UpdatePlan plan(Offer offer, String inventory) {
    return plan(offer, inventories.load(inventory));
  }

  /** Every change of an update of an inventory. */
  static UpdatePlan plan(Offer offer, Inventory inventory) {
    return Planner.plan(inventory.packages(), offer.availableTo(inventory), offer.rules());
  }

  /** Whether an update of the inventory of that digest would change anything. */
  public boolean hasChanges(Offer offer, String inventory) {
    return changes.get(
        question(offer, inventory), _ -> !plan(offer, inventories.load(inventory)).isEmpty());
  }

  /** Whether the snapshot has no newer version of any of the channel's agents. */
  boolean isAgentLatest(Offer offer, String inventory) {
    return agents.get(
        question(offer, inventory),
        _ -> {
          Inventory installed = inventories.load(inventory);
          AvailablePackages available = offer.allTo(installed);
          // An agent whose name has its version in it comes as an addition, under its new name.
          return AgentVersions.agents(installed, offer.agents()).stream()
                  .allMatch(agent -> available.upgradeOf(agent).isEmpty())
              && available.additions().stream()
                  .noneMatch(added -> offer.agents().contains(added.name()));
        });
  }

  private static Question question(Offer offer, String inventory) {
    Channel channel = offer.channel();
    return new Question(
        inventory, offer.snapshot().digest(), channel.agentPackages(), channel.securityOnly());
  }
}
