package dev.regild.policy.ring;

import static dev.regild.image.RefusedException.Reason.NOT_PERMITTED;

import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyKind;
import dev.regild.policy.SpecReader;
import dev.regild.policy.line.AliasName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Rings as files have them, named {@code CHANNEL/RING}, with the lines of one account that follow
 * them. All accounts share the rings: operators' files change them, and those of others only say
 * which of their lines follow which ring.
 */
public final class RingKind implements PolicyKind {
  private static final int MOST_QUALIFIED = 10_000;
  private static final int MOST_DAYS = 365;

  private final Rings rings;
  private final BiPredicate<Handle, Owner> isOperator;

  /**
   * @param isOperator whether an account may change rings
   */
  public RingKind(Rings rings, BiPredicate<Handle, Owner> isOperator) {
    this.rings = rings;
    this.isOperator = isOperator;
  }

  @Override
  public String kind() {
    return "Ring";
  }

  private record Name(String channel, String ring) {
    static Name of(String text) {
      String[] parts = text.split("/", -1);
      if (parts.length != 2 || parts[0].isEmpty()) {
        throw new InvalidPolicyException(
            "'%s' is not the name of a ring in a file. Write CHANNEL/RING, such as debian/prod."
                .formatted(text));
      }
      return new Name(parts[0], RingNames.require(parts[1]));
    }

    @Override
    public String toString() {
      return channel + "/" + ring;
    }
  }

  /**
   * A ring that is to be.
   *
   * @param lines of the account whose file it is
   */
  private record Read(Optional<String> source, Gates gates, List<String> lines) {
    static Read of(String name, JsonNode json) {
      SpecReader spec = SpecReader.of("Ring " + Name.of(name), json);
      Optional<String> source = spec.optionalText("from").map(RingNames::require);
      Gates gates =
          new Gates(
              spec.number("qualified", 0, MOST_QUALIFIED).orElse(0),
              Duration.ofDays(spec.number("days", 0, MOST_DAYS).orElse(0)));
      List<String> lines =
          spec.texts("lines").stream().map(AliasName::requireLine).distinct().sorted().toList();
      spec.end();
      return new Read(source, Rings.requireValid(gates, source), lines);
    }

    Map<String, Object> canonical() {
      Map<String, Object> spec = new LinkedHashMap<>();
      source.ifPresent(it -> {
        spec.put("from", it);
        spec.put("qualified", gates.qualified());
        spec.put("days", (int) gates.age().toDays());
      });
      if (!lines.isEmpty()) {
        spec.put("lines", lines);
      }
      return spec;
    }
  }

  @Override
  public Map<String, Object> canonical(String name, JsonNode spec) {
    return Read.of(name, spec.isMissingNode() ? JsonMapper.shared().createObjectNode() : spec)
        .canonical();
  }

  @Override
  public void requireCompatible(Map<String, Map<String, Object>> wanted) {
    Map<String, String> ringOf = new HashMap<>();
    wanted.forEach((name, spec) -> {
      for (String line : read(name, spec).lines()) {
        String other = ringOf.put(line, name);
        if (other != null) {
          throw new InvalidPolicyException(
              "The rings %s and %s contradict each other on the line %s: a line follows one ring. Remove it from one of them."
                  .formatted(other, name, line));
        }
      }
    });
  }

  @Override
  public void requirePossible(String name, Map<String, Object> spec) {
    rings.requireUsed(Name.of(name).channel());
  }

  /** To an account that is no operator's, only the rings that its lines follow are there. */
  @Override
  public Map<String, Map<String, Object>> all(Handle handle, Owner owner) {
    boolean operates = isOperator.test(handle, owner);
    Map<String, Map<String, Object>> all = new LinkedHashMap<>();
    for (Ring ring : RingRecords.list(handle)) {
      List<String> lines = lines(handle, ring, owner);
      if (operates || !lines.isEmpty()) {
        all.put(
            new Name(ring.channel(), ring.name()).toString(),
            new Read(ring.source(), ring.gates(), lines).canonical());
      }
    }
    return all;
  }

  private static List<String> lines(Handle handle, Ring ring, Owner owner) {
    return RingRecords.lines(handle, ring).stream()
        .filter(line -> line.accountId().equals(owner.accountId()))
        .filter(line -> line.region().equals(owner.region()))
        .map(RingRecords.FollowingLine::name)
        .sorted()
        .toList();
  }

  @Override
  public void put(Handle handle, Owner owner, String name, Map<String, Object> spec, Instant now) {
    Name named = Name.of(name);
    Read wanted = read(name, spec);
    Optional<Ring> present = RingRecords.find(handle, named.channel(), named.ring());
    if (present.isEmpty()) {
      requireOperator(handle, owner, named);
      Rings.insert(handle, named.channel(), named.ring(), wanted.source(), wanted.gates(), now);
    } else if (!present.get().source().equals(wanted.source())
        || !present.get().gates().equals(wanted.gates())) {
      requireOperator(handle, owner, named);
      Rings.requireSameKind(present.get(), wanted.source());
      RingRecords.change(handle, present.get(), wanted.source(), wanted.gates());
    }
    Ring ring = Rings.require(handle, named.channel(), named.ring());
    List<String> before = lines(handle, ring, owner);
    before.stream()
        .filter(line -> !wanted.lines().contains(line))
        .forEach(line -> Rings.unassign(handle, ring, owner, line));
    wanted.lines().stream()
        .filter(line -> !before.contains(line))
        .forEach(line -> rings.assign(handle, ring, owner, line));
  }

  /** The ring stays if the account is no operator's; its lines follow it no more. */
  @Override
  public void remove(Handle handle, Owner owner, String name) {
    Name named = Name.of(name);
    Ring ring = Rings.require(handle, named.channel(), named.ring());
    lines(handle, ring, owner).forEach(line -> Rings.unassign(handle, ring, owner, line));
    if (isOperator.test(handle, owner)) {
      Rings.requireNoLines(handle, ring);
      RingRecords.delete(handle, ring);
    }
  }

  /** Rings that were put in any order are promoted from each other as they should be. */
  @Override
  public void requireConsistent(Handle handle, Owner owner, Collection<String> names) {
    names.stream()
        .map(name -> Name.of(name).channel())
        .distinct()
        .forEach(channel -> Rings.requireSound(handle, channel));
  }

  private void requireOperator(Handle handle, Owner owner, Name name) {
    if (!isOperator.test(handle, owner)) {
      throw new RefusedException(
          NOT_PERMITTED,
          "The account %s can't add or change the ring %s, because it is not an operator's. Keep its source and gates, and change only its lines. To see them: regild ring show %s %s"
              .formatted(owner.accountId(), name, name.channel(), name.ring()));
    }
  }

  private static Read read(String name, Map<String, Object> spec) {
    return Read.of(name, JsonMapper.shared().valueToTree(spec));
  }
}
