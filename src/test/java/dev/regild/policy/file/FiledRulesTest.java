package dev.regild.policy.file;

import static dev.regild.policy.PolicyFleet.OWNER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.apt.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyFleet;
import dev.regild.policy.file.PolicyChange.Act;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionKind;
import dev.regild.policy.ring.RingKind;
import dev.regild.policy.ring.Rings;
import dev.regild.policy.schedule.Schedules;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rings, retention and schedules as files, which contradict each other or not. */
@EachDatabase
class FiledRulesTest {
  private static final Owner GUEST = new Owner("222222222222", OWNER.region());

  /** The ring stands before the one that it is promoted from. */
  private static final String ALL =
      """
      kind: Ring
      name: debian/a-prod
      spec: {from: dev, qualified: 2, days: 7, lines: [golden, web]}
      ---
      kind: Ring
      name: debian/dev
      ---
      kind: Retention
      name: golden
      spec: {keep: 3, days: 30, deprecate: 14}
      ---
      kind: Schedule
      name: nightly
      spec: {lines: [golden], cron: "0 2 * * *"}
      """;

  @TempDir Path data;
  @AutoClose private Database database;
  private PolicyFleet fleet;
  private Rings rings;
  private PolicyFiles files;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    fleet = new PolicyFleet(database);
    Clock clock = Clock.systemUTC();
    ChannelStore channels = new ChannelStore(data, clock);
    channels.add(channel("debian", PolicyFleet.PLATFORM));
    channels.add(channel("other", "DEBIAN_13"));
    rings = new Rings(database, channels, clock);
    files =
        new PolicyFiles(
            database,
            List.of(
                new RingKind(rings, (_, owner) -> owner.equals(OWNER)),
                new Schedules(clock),
                new RetentionKind()),
            clock);
    fleet.add("golden", "golden", PolicyFleet.inventory("bash=1"), Instant.now());
    fleet.add("web", "web", PolicyFleet.inventory("bash=1"), Instant.now());
  }

  private static Channel channel(String name, String platform) throws Exception {
    return new Channel(
        name,
        platform,
        List.of(
            new AptSource(
                List.of("http://localhost/" + name),
                List.of("stable"),
                List.of("main"),
                List.of("amd64"),
                TestKey.simple().armored())));
  }

  private List<PolicyChange> apply(Owner owner, String yaml, boolean prune) {
    return files.apply(owner, files.read(yaml), prune);
  }

  @Test
  void whatIsAppliedTwiceOrExportedChangesNothing() {
    assertThat(apply(OWNER, ALL, false)).hasSize(4);
    assertThat(apply(OWNER, ALL, true)).isEmpty();
    String exported = files.export(OWNER);
    assertThat(exported).contains("kind: \"Ring\"", "kind: \"Retention\"", "kind: \"Schedule\"");
    assertThat(files.diff(OWNER, files.read(exported), true)).as(exported).isEmpty();
    assertThat(rings.show("debian", "a-prod").ring().gates())
        .isEqualTo(new Gates(2, Duration.ofDays(7)));
    assertThat(following("a-prod")).containsExactly("golden", "web");

    List<PolicyChange> changes =
        apply(
            OWNER, ALL.replace(", lines: [golden, web]", "").replace("keep: 3", "keep: 4"), false);
    assertThat(changes).extracting(PolicyChange::act).containsExactly(Act.CHANGE, Act.CHANGE);
    assertThat(following("a-prod")).isEmpty();
    assertThat(apply(OWNER, "", true)).extracting(PolicyChange::act).containsOnly(Act.REMOVE);
    assertThat(rings.list()).isEmpty();
    assertThat(files.export(OWNER)).isEmpty();
  }

  private List<String> following(String ring) {
    List<String> names = new ArrayList<>();
    rings.show("debian", ring).lines().forEach(line -> names.add(line.name()));
    return names;
  }

  @Test
  void ringsThatPointInACircleOrNowhereAreRefusedAsAWhole() {
    assertRefused(
        """
        kind: Ring
        name: debian/dev
        ---
        {kind: Ring, name: debian/one, spec: {from: three}}
        ---
        {kind: Ring, name: debian/three, spec: {from: two}}
        ---
        {kind: Ring, name: debian/two, spec: {from: one}}
        """,
        "The rings would be promoted in a circle");
    assertRefused(
        "{kind: Ring, name: debian/prod, spec: {from: dev}}",
        "The ring prod of the channel debian is promoted from the ring dev, which does not exist.");
    assertRefused(
        "{kind: Ring, name: debian/prod, spec: {qualified: 1}}", "has no gates, because nothing");
    assertRefused("{kind: Ring, name: prod, spec: {}}", "Write CHANNEL/RING, such as debian/prod.");
    assertRefused("{kind: Ring, name: debian/P, spec: {}}", "The ring's name is 'P'.");
    assertRefused(
        "{kind: Ring, name: debian/prod, spec: {from: dev, days: 400}}",
        "Ring debian/prod: days must be a whole number from 0 to 365.");
    assertRefused("{kind: Retention, name: golden, spec: {days: 1}}", "Retention golden: keep is");
    assertRefused(
        "{kind: Retention, name: golden, spec: {keep: 0}}",
        "Retention golden: keep must be a whole number from 1 to 100000.");
    assertRefused(
        "{kind: Retention, name: golden, spec: {keep: 1, age: 3}}",
        "Retention golden has the unknown key age. Known here: days, deprecate, keep, manual, undo.");
    assertThat(rings.list()).isEmpty();
  }

  private void assertRefused(String yaml, String message) {
    assertThatThrownBy(() -> apply(OWNER, yaml, false))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aLineThatDoesNotExistOrIsOfAnotherPlatformIsNamed() {
    assertThatThrownBy(() -> apply(OWNER, ALL.replace("name: golden", "name: none"), false))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("The line none of");
    assertThatThrownBy(
            () -> apply(OWNER, "{kind: Ring, name: other/dev, spec: {lines: [golden]}}", false))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(
            "The line golden has images of DEBIAN_12, and the channel other is for DEBIAN_13.");
    assertThatThrownBy(() -> apply(OWNER, "{kind: Ring, name: nowhere/dev, spec: {}}", false))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("The channel nowhere does not exist.");
    assertThat(rings.list()).isEmpty();
    assertThat(files.export(OWNER)).isEmpty();
  }

  @Test
  void policiesThatContradictEachOtherOnOneLineAreRefused() {
    String rings =
        """
        {kind: Ring, name: debian/dev, spec: {lines: [golden]}}
        ---
        {kind: Ring, name: debian/prod, spec: {from: dev, lines: [golden, web]}}
        """;
    String message =
        "The rings debian/dev and debian/prod contradict each other on the line golden: a line"
            + " follows one ring. Remove it from one of them.";
    assertThatThrownBy(() -> files.diff(OWNER, files.read(rings), false)).hasMessage(message);
    assertThatThrownBy(() -> apply(OWNER, rings, false)).hasMessage(message);
    assertRefused(
        """
        {kind: Schedule, name: a, spec: {lines: [golden], cron: "0 2 * * *"}}
        ---
        {kind: Schedule, name: b, spec: {lines: ["g*"], cron: "0 3 * * *", pattern: "x-{n}"}}
        """,
        "contradict each other on the line golden: they name its images");
    assertThat(files.export(OWNER)).isEmpty();
  }

  @Test
  void schedulesOfOneLineCanChangeTogether() {
    String both =
        """
        {kind: Schedule, name: a, spec: {lines: [golden], cron: "0 2 * * *", pattern: "x-{n}"}}
        ---
        {kind: Schedule, name: b, spec: {lines: [golden], cron: "0 3 * * *", pattern: "x-{n}"}}
        """;
    assertThat(apply(OWNER, both, false)).hasSize(2);
    assertThat(apply(OWNER, both.replace("x-", "y-"), false)).hasSize(2);
    String exchanged =
        both.replace("0 2 *", "0 9 *").replace("0 3 *", "0 2 *").replace("0 9 *", "0 3 *");
    assertThat(apply(OWNER, exchanged.replace("x-", "y-"), false)).hasSize(2);
    assertRefused(both.replace("0 2 *", "0 3 *"), "both look at it at the same times");
  }

  @Test
  void anAccountThatOperatesNothingOnlySaysWhatItsLinesFollow() {
    assertThat(apply(OWNER, ALL.replace("golden, web", "golden"), false)).hasSize(4);
    database.useTransaction(handle ->
        Lines.add(
            handle,
            GUEST,
            "theirs",
            PolicyFleet.insert(
                handle,
                GUEST,
                "theirs",
                handle.createQuery("SELECT MIN(digest) FROM inventory").mapTo(String.class).one(),
                PolicyFleet.layer(handle, null, 1000),
                null,
                Instant.now()),
            Instant.now()));
    assertThat(files.export(GUEST)).as("rings that none of its lines follow").isEmpty();
    String own =
        """
        kind: Ring
        name: debian/a-prod
        spec: {from: dev, qualified: 2, days: 7, lines: [theirs]}
        """;
    assertThat(apply(GUEST, own, true)).hasSize(1);
    assertThat(apply(GUEST, own, true)).isEmpty();
    assertThat(following("a-prod")).containsExactly("golden", "theirs");
    assertThat(files.diff(GUEST, files.read(files.export(GUEST)), true)).isEmpty();
    for (String other :
        List.of(
            own.replace("days: 7", "days: 0"),
            "{kind: Ring, name: debian/own, spec: {}}",
            own.replace("qualified: 2", "qualified: 1"))) {
      assertThatThrownBy(() -> apply(GUEST, other, false))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("can't add or change the ring debian/")
          .hasMessageContaining("because it is not an operator's")
          .hasMessageContaining("change only its lines. To see them: regild ring show debian ");
    }
    assertThat(apply(GUEST, "", true)).hasSize(1);
    assertThat(following("a-prod")).as("the ring stays").containsExactly("golden");
    assertThat(
            database.<Boolean, RuntimeException>read(handle ->
                RingRecords.ofLine(handle, Lines.require(handle, GUEST, "theirs").id())
                    .equals(Optional.empty())))
        .isTrue();
  }
}
