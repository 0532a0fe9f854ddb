package dev.regild.policy.ring;

import static dev.regild.image.RefusedException.Reason.ALREADY_EXISTS;
import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;
import static dev.regild.image.RefusedException.Reason.IN_USE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingMove;
import dev.regild.channel.ring.RingRecords;
import dev.regild.channel.ring.RingRecords.FollowingLine;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;

/** The rings of channels, and which lines follow them. */
public final class Rings {
  private static final int MOST_QUALIFIED = 10_000;
  private static final Duration LONGEST_AGE = Duration.ofDays(365);

  private final Database database;
  private final ChannelStore channels;
  private final Clock clock;

  public Rings(Database database, ChannelStore channels, Clock clock) {
    this.database = database;
    this.channels = channels;
    this.clock = clock;
  }

  /**
   * A ring with what follows it, and its history.
   *
   * @param snapshot what it stands on now; of a ring that follows the repositories, the channel's
   *     current one
   * @param moves the newest first; none in a list
   */
  public record Details(
      Ring ring, Optional<String> snapshot, List<FollowingLine> lines, List<RingMove> moves) {}

  /** Returns all rings, by channel and age. */
  public List<Details> list() {
    return database.read(handle ->
        RingRecords.list(handle).stream().map(ring -> details(handle, ring, List.of())).toList());
  }

  /**
   * Returns a ring.
   *
   * @throws RefusedException NOT_FOUND if there is none
   */
  public Details show(String channel, String name) {
    return database.read(handle ->
        details(handle, require(handle, channel, name), RingRecords.moves(handle, channel, name)));
  }

  private Details details(Handle handle, Ring ring, List<RingMove> moves) {
    return new Details(
        ring,
        ring.followsRepositories()
            ? current(ring.channel())
            : ring.standing().map(Ring.Standing::snapshot),
        RingRecords.lines(handle, ring),
        moves);
  }

  private Optional<String> current(String channel) {
    try {
      return channels.currentDigest(channel);
    } catch (ChannelException e) {
      // The list of channels says what is wrong with it.
      return Optional.empty();
    }
  }

  /**
   * Adds a ring to a channel.
   *
   * @param source the ring whose snapshot is promoted to it; empty if it follows the repositories
   * @throws RefusedException NOT_FOUND if there is no such channel or source; INCOMPATIBLE if the
   *     platform's images use another channel; ALREADY_EXISTS if the channel has such a ring
   * @throws InvalidPolicyException if the name, a gate or the source can't be as it is given
   */
  public Ring add(String channel, String name, Optional<String> source, Gates gates) {
    requireUsed(channel);
    return database.inTransaction(handle -> {
      if (source.filter(name::equals).isPresent()) {
        throw circle(List.of(name, name));
      }
      source.ifPresent(it -> require(handle, channel, it));
      return insert(handle, channel, name, source, gates, clock.instant());
    });
  }

  static Ring insert(
      Handle handle,
      String channel,
      String name,
      Optional<String> source,
      Gates gates,
      Instant now) {
    Ring ring =
        new Ring(
            UUID.randomUUID().toString(),
            channel,
            RingNames.require(name),
            source,
            Optional.empty(),
            requireValid(gates, source),
            Instant.ofEpochMilli(now.toEpochMilli()));
    if (!RingRecords.insert(handle, ring)) {
      throw new RefusedException(
          ALREADY_EXISTS,
          "The channel %s has a ring %s. Choose another name, or change it: regild ring set %1$s %2$s"
              .formatted(channel, name));
    }
    return ring;
  }

  /**
   * Gives a ring another source, other gates, or both.
   *
   * @param newGates makes the gates out of the present ones
   * @throws InvalidPolicyException if the rings would point in a circle, or a ring would begin or
   *     cease to follow the repositories
   */
  public Ring change(
      String channel, String name, Optional<String> newSource, UnaryOperator<Gates> newGates) {
    return database.inTransaction(handle -> {
      Ring ring = require(handle, channel, name);
      Optional<String> source = newSource.or(ring::source);
      requireSameKind(ring, source);
      newSource.ifPresent(it -> requireNoCircle(handle, ring, it));
      RingRecords.change(handle, ring, source, requireValid(newGates.apply(ring.gates()), source));
      return require(handle, channel, name);
    });
  }

  /** Images would lose the snapshot that they are compared with, or get one that nobody chose. */
  static void requireSameKind(Ring ring, Optional<String> source) {
    if (source.isPresent() && ring.followsRepositories()) {
      throw new InvalidPolicyException(
          "The ring %s of the channel %s follows the repositories. Add another ring with --from %s, and assign its lines to that."
              .formatted(ring.name(), ring.channel(), source.get()));
    }
    if (source.isEmpty() && !ring.followsRepositories()) {
      throw new InvalidPolicyException(
          "The ring %s of the channel %s is promoted from %s, and can't follow the repositories instead. Add another ring without a source, and assign its lines to that."
              .formatted(ring.name(), ring.channel(), ring.source().orElse("")));
    }
  }

  /**
   * Looks at all rings of a channel.
   *
   * @throws InvalidPolicyException if a ring is promoted from one that does not exist, or from
   *     itself by way of others
   */
  static void requireSound(Handle handle, String channel) {
    Map<String, Ring> rings = new HashMap<>();
    RingRecords.list(handle, channel).forEach(ring -> rings.put(ring.name(), ring));
    for (Ring ring : rings.values()) {
      List<String> path = new ArrayList<>(List.of(ring.name()));
      Ring each = ring;
      while (each.source().isPresent()) {
        String source = each.source().get();
        boolean isCircle = path.contains(source);
        path.add(source);
        if (isCircle) {
          throw circle(path);
        }
        Ring next = rings.get(source);
        if (next == null) {
          throw new InvalidPolicyException(
              "The ring %s of the channel %s is promoted from the ring %s, which does not exist. Add that, or change the source."
                  .formatted(each.name(), channel, source));
        }
        each = next;
      }
    }
  }

  /** Follows the sources up to a ring that follows the repositories. */
  private static void requireNoCircle(Handle handle, Ring ring, String source) {
    Set<String> seen = new HashSet<>(Set.of(ring.name()));
    List<String> path = new ArrayList<>(List.of(ring.name()));
    Optional<String> next = Optional.of(source);
    while (next.isPresent()) {
      path.add(next.get());
      if (!seen.add(next.get())) {
        throw circle(path);
      }
      next = require(handle, ring.channel(), next.get()).source();
    }
  }

  private static InvalidPolicyException circle(List<String> path) {
    return new InvalidPolicyException(
        "The rings would be promoted in a circle: %s. Use a ring that follows the repositories, or one that is promoted from such a ring."
            .formatted(String.join(" from ", path)));
  }

  static Gates requireValid(Gates gates, Optional<String> source) {
    if (source.isEmpty() && !gates.equals(Gates.OPEN)) {
      throw new InvalidPolicyException(
          "A ring that follows the repositories has no gates, because nothing is promoted to it."
              + " Name the ring that it is promoted from: --from RING");
    }
    if (gates.qualified() < 0 || gates.qualified() > MOST_QUALIFIED) {
      throw new InvalidPolicyException(
          "The number of qualified images is %d. Use one from 0 to %d."
              .formatted(gates.qualified(), MOST_QUALIFIED));
    }
    if (gates.age().isNegative() || gates.age().compareTo(LONGEST_AGE) > 0) {
      throw new InvalidPolicyException(
          "The least age of a snapshot is %d days. Use 0 to %d days."
              .formatted(gates.age().toDays(), LONGEST_AGE.toDays()));
    }
    return gates;
  }

  /**
   * Removes a ring. Its history stays.
   *
   * @throws RefusedException IN_USE if a line follows it, or another ring is promoted from it
   */
  public void remove(String channel, String name) {
    database.useTransaction(handle -> {
      Ring ring = require(handle, channel, name);
      requireNoLines(handle, ring);
      Optional<Ring> other =
          RingRecords.list(handle, channel).stream()
              .filter(each -> each.source().equals(Optional.of(name)))
              .findFirst();
      if (other.isPresent()) {
        throw new RefusedException(
            IN_USE,
            "The ring %s is promoted from the ring %s. Change or remove it first: regild ring set %s %1$s --from RING"
                .formatted(other.get().name(), name, channel));
      }
      RingRecords.delete(handle, ring);
    });
  }

  static void requireNoLines(Handle handle, Ring ring) {
    List<FollowingLine> lines = RingRecords.lines(handle, ring);
    if (!lines.isEmpty()) {
      throw new RefusedException(
          IN_USE,
          "%d lines follow the ring %s of the channel %s, such as %s. Take them out first: regild ring unassign %3$s %2$s %4$s"
              .formatted(lines.size(), ring.name(), ring.channel(), lines.getFirst().name()));
    }
  }

  /**
   * Has the images of a line follow a ring, whatever they followed before.
   *
   * @throws RefusedException INCOMPATIBLE if an image of the line is of another platform
   */
  public Ring assign(String channel, String name, Owner owner, String lineName) {
    var _ = requireChannel(channel);
    return database.inTransaction(handle -> {
      Ring ring = require(handle, channel, name);
      assign(handle, ring, owner, lineName);
      return ring;
    });
  }

  void assign(Handle handle, Ring ring, Owner owner, String lineName) {
    String platform = requireChannel(ring.channel()).platform();
    Line line = Lines.require(handle, owner, lineName);
    otherPlatform(handle, line, platform)
        .ifPresent(other -> {
          throw new RefusedException(
              INCOMPATIBLE,
              "The line %s has images of %s, and the channel %s is for %s. Assign the line to a ring of a channel for %2$s."
                  .formatted(lineName, other, ring.channel(), platform));
        });
    RingRecords.follow(handle, line.id(), ring);
  }

  private static Optional<String> otherPlatform(Handle handle, Line line, String platform) {
    return handle
        .createQuery(
            """
            SELECT image.platform FROM line_image JOIN image ON image.id = line_image.image_id
             WHERE line_image.line_id = :line AND image.platform <> :platform LIMIT 1
            """)
        .bind("line", line.id())
        .bind("platform", platform)
        .mapTo(String.class)
        .findOne();
  }

  /**
   * Has the images of a line follow the repositories again.
   *
   * @throws RefusedException NOT_FOUND if it does not follow that ring
   */
  public void unassign(String channel, String name, Owner owner, String lineName) {
    database.useTransaction(handle -> {
      unassign(handle, require(handle, channel, name), owner, lineName);
    });
  }

  static void unassign(Handle handle, Ring ring, Owner owner, String lineName) {
    Line line = Lines.require(handle, owner, lineName);
    if (RingRecords.ofLine(handle, line.id()).filter(it -> it.id().equals(ring.id())).isEmpty()) {
      throw new RefusedException(
          NOT_FOUND,
          "The line %s does not follow the ring %s of the channel %s. List the rings: regild ring list"
              .formatted(lineName, ring.name(), ring.channel()));
    }
    RingRecords.unfollow(handle, line.id());
  }

  static Ring require(Handle handle, String channel, String name) {
    return RingRecords.find(handle, channel, name)
        .orElseThrow(() ->
            new RefusedException(
                NOT_FOUND,
                "The channel %s has no ring %s. Add it: regild ring add %1$s %2$s"
                    .formatted(channel, name)));
  }

  private Channel requireChannel(String name) {
    try {
      return channels
          .find(name)
          .orElseThrow(() ->
              new RefusedException(
                  NOT_FOUND,
                  "The channel %s does not exist. List the channels: regild channel list"
                      .formatted(name)));
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use the channel: " + e.getMessage());
    }
  }

  /** An image that follows a ring must see the same channel as one that follows none. */
  void requireUsed(String name) {
    Channel channel = requireChannel(name);
    try {
      Optional<Channel> used = channels.forPlatform(channel.platform());
      if (used.isPresent() && !used.get().name().equals(name)) {
        throw new RefusedException(
            INCOMPATIBLE,
            "Images of %s use the channel %s, and not %s. Add the ring to %2$s."
                .formatted(channel.platform(), used.get().name(), name));
      }
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use the channel: " + e.getMessage());
    }
  }
}
