package dev.regild.policy.ring;

import static dev.regild.image.RefusedException.Reason.CONCURRENT_MODIFICATION;
import static dev.regild.image.RefusedException.Reason.INCOMPATIBLE;
import static dev.regild.image.RefusedException.Reason.NOT_AVAILABLE;
import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;
import static java.util.stream.Collectors.joining;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.RingMove;
import dev.regild.channel.ring.RingMove.Act;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.image.RefusedException;
import dev.regild.policy.ring.Promotion.Gate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Moves rings from snapshot to snapshot. Copies nothing, and reads no index. */
public final class Promotions {
  private final Database database;
  private final ChannelStore channels;
  private final Clock clock;

  public Promotions(Database database, ChannelStore channels, Clock clock) {
    this.database = database;
    this.channels = channels;
    this.clock = clock;
  }

  /**
   * Returns what a promotion would do now.
   *
   * @throws RefusedException INCOMPATIBLE if the target is not promoted from that source, or
   *     already stands on its snapshot; NOT_AVAILABLE if the source has no snapshot
   */
  public Promotion propose(String channel, String from, String to) {
    Ring source = database.read(handle -> Rings.require(handle, channel, from));
    Ring target = database.read(handle -> Rings.require(handle, channel, to));
    requireSource(source, target);
    String snapshot = snapshotOf(source);
    Instant made = madeAt(source, snapshot);
    return new Promotion(source, target, snapshot, made, gates(source, target, snapshot, made));
  }

  private static void requireSource(Ring source, Ring target) {
    if (target.followsRepositories()) {
      throw new RefusedException(
          INCOMPATIBLE,
          "The ring %s of the channel %s follows the repositories, so nothing is promoted to it. Add a ring that is: regild ring add %2$s NAME --from %3$s"
              .formatted(target.name(), target.channel(), source.name()));
    }
    if (!target.source().equals(Optional.of(source.name()))) {
      throw new RefusedException(
          INCOMPATIBLE,
          "The ring %s is promoted from the ring %s, and not from %s. Change that with: regild ring set %s %1$s --from %3$s"
              .formatted(
                  target.name(), target.source().orElse(""), source.name(), target.channel()));
    }
  }

  private String snapshotOf(Ring source) {
    try {
      Optional<String> snapshot =
          source.followsRepositories()
              ? channels.currentDigest(source.channel())
              : source.standing().map(Ring.Standing::snapshot);
      return snapshot.orElseThrow(() ->
          new RefusedException(
              NOT_AVAILABLE,
              "The ring %s of the channel %s has no snapshot yet. %s"
                  .formatted(
                      source.name(),
                      source.channel(),
                      source.followsRepositories()
                          ? "Create one: regild channel refresh " + source.channel()
                          : "Promote one to it first.")));
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use the channel: " + e.getMessage());
    }
  }

  private Instant madeAt(Ring source, String snapshot) {
    try {
      return channels
          .madeAt(snapshot)
          .orElseThrow(() -> missing(snapshot, "Refresh the channel " + source.channel() + "."));
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use the channel: " + e.getMessage());
    }
  }

  private static RefusedException missing(String snapshot, String remedy) {
    return new RefusedException(
        NOT_AVAILABLE, "The snapshot %s is not kept any more. %s".formatted(snapshot, remedy));
  }

  private List<Gate> gates(Ring source, Ring target, String snapshot, Instant made) {
    List<Gate> gates = new ArrayList<>();
    int wanted = target.gates().qualified();
    if (wanted > 0) {
      int there = database.read(handle -> RingRecords.qualified(handle, source, snapshot));
      gates.add(
          new Gate(
              there >= wanted,
              "%d of %d images of the ring %s that were made from it are qualified"
                  .formatted(there, wanted, source.name())));
    }
    Duration least = target.gates().age();
    if (!least.isZero()) {
      Duration age = Duration.between(made, clock.instant());
      gates.add(
          new Gate(
              age.compareTo(least) >= 0,
              "the snapshot is %s old, and must be at least %s old"
                  .formatted(text(age), text(least))));
    }
    return gates;
  }

  private static String text(Duration duration) {
    return duration.compareTo(Duration.ofDays(2)) < 0
        ? duration.toHours() + " hours"
        : duration.toDays() + " days";
  }

  /**
   * Has a ring stand on the snapshot of its source.
   *
   * @param by the access key or the policy
   * @param override why closed gates do not count; empty if they do
   * @throws RefusedException as {@link #propose}; NOT_PERMITTED if a gate is closed;
   *     CONCURRENT_MODIFICATION if one of the rings was moved meanwhile
   */
  public Promotion promote(
      String channel, String from, String to, String by, Optional<String> override) {
    return promote(channel, from, to, by, override, Optional.empty());
  }

  /**
   * The same, bound to a preview.
   *
   * @param shown the snapshot of the preview
   * @throws RefusedException CONCURRENT_MODIFICATION if the source has another one by now
   */
  public Promotion promote(
      String channel,
      String from,
      String to,
      String by,
      Optional<String> override,
      Optional<String> shown) {
    Promotion promotion = propose(channel, from, to);
    if (shown.filter(it -> !it.equals(promotion.snapshot())).isPresent()) {
      throw new RefusedException(
          CONCURRENT_MODIFICATION,
          "The ring %s has another snapshot by now. Look at what that would mean, and promote again."
              .formatted(from));
    }
    Ring target = promotion.target();
    Optional<String> before = target.standing().map(Ring.Standing::snapshot);
    if (before.equals(Optional.of(promotion.snapshot()))) {
      throw new RefusedException(
          INCOMPATIBLE,
          "The ring %s of the channel %s already has the snapshot of the ring %s, %s."
              .formatted(to, channel, from, promotion.snapshot()));
    }
    if (!promotion.isAllowed() && override.isEmpty()) {
      throw new RefusedException(
          NOT_PERMITTED,
          "The snapshot %s can't be promoted to the ring %s yet: %s. Wait, or give a reason: --override REASON"
              .formatted(
                  promotion.snapshot().substring(0, 12),
                  to,
                  promotion.gates().stream()
                      .filter(gate -> !gate.open())
                      .map(Gate::text)
                      .collect(joining("; "))));
    }
    database.useTransaction(handle -> {
      if (!promotion.source().equals(Rings.require(handle, channel, from))
          || !target.equals(Rings.require(handle, channel, to))) {
        throw movedMeanwhile(target);
      }
      move(
          handle,
          target,
          new RingMove(
              RingRecords.moves(handle, channel, to).size() + 1,
              Act.PROMOTE,
              Optional.of(from),
              before,
              Optional.of(promotion.snapshot()),
              now(),
              by,
              promotion.isAllowed() ? "" : override.orElse("")));
    });
    return promotion;
  }

  /**
   * Takes back the last promotion of a ring.
   *
   * @return the snapshot that it stands on again
   * @throws RefusedException NOT_AVAILABLE if there is none to go back to, or it is not kept any
   *     more
   */
  public String rollback(String channel, String name, String by) {
    return rollback(channel, name, by, Optional.empty());
  }

  /**
   * The same, bound to what somebody has looked at: one who asks twice takes back one promotion.
   *
   * @param shown the snapshot that the ring stood on
   * @throws RefusedException CONCURRENT_MODIFICATION if it stands on another one by now
   */
  public String rollback(String channel, String name, String by, Optional<String> shown) {
    Ring ring = database.read(handle -> Rings.require(handle, channel, name));
    if (shown.isPresent() && !shown.equals(ring.standing().map(Ring.Standing::snapshot))) {
      throw movedMeanwhile(ring);
    }
    List<RingMove> moves = database.read(handle -> RingRecords.moves(handle, channel, name));
    String before =
        RingMove.before(moves)
            .filter(_ -> ring.standing().isPresent())
            .orElseThrow(() ->
                new RefusedException(
                    NOT_AVAILABLE,
                    "The ring %s of the channel %s has no earlier snapshot. Promote another one: regild ring promote"
                        .formatted(name, channel)));
    try {
      if (channels.madeAt(before).isEmpty()) {
        throw missing(before, "Promote another one: regild ring promote");
      }
    } catch (ChannelException e) {
      throw new RefusedException(INCOMPATIBLE, "Cannot use the channel: " + e.getMessage());
    }
    database.useTransaction(handle -> {
      if (!ring.equals(Rings.require(handle, channel, name))) {
        throw movedMeanwhile(ring);
      }
      move(
          handle,
          ring,
          new RingMove(
              moves.size() + 1,
              Act.ROLLBACK,
              Optional.empty(),
              ring.standing().map(Ring.Standing::snapshot),
              Optional.of(before),
              now(),
              by,
              ""));
    });
    return before;
  }

  private Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }

  private static void move(Handle handle, Ring ring, RingMove move) {
    if (!RingRecords.move(handle, ring, move)) {
      throw movedMeanwhile(ring);
    }
    Map<String, Object> payload = new HashMap<>();
    payload.put("ring", ring.name());
    payload.put("act", move.act().name());
    move.source().ifPresent(it -> payload.put("from", it));
    move.from().ifPresent(it -> payload.put("before", it));
    move.to().ifPresent(it -> payload.put("snapshot", it));
    if (!move.override().isEmpty()) {
      payload.put("override", move.override());
    }
    // All accounts read it, so it does not name the operator's access key.
    Events.append(
        handle, new Event(EventType.RING_PROMOTED, "", "", ring.channel(), payload), move.moved());
  }

  private static RefusedException movedMeanwhile(Ring ring) {
    return new RefusedException(
        CONCURRENT_MODIFICATION,
        "The ring %s of the channel %s was moved meanwhile. Look at it and try again: regild ring show %2$s %1$s"
            .formatted(ring.name(), ring.channel()));
  }
}
