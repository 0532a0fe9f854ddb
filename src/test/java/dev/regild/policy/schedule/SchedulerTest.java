package dev.regild.policy.schedule;

import static dev.regild.image.Registry.ALICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.RingRecords;
import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.RandomCases;
import dev.regild.fixtures.TestClock;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.Registry;
import dev.regild.plan.UpdatePlan;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.line.Lines;
import dev.regild.policy.revocation.Revocations;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import dev.regild.update.Updates;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Schedules with a clock that tests set, on images that nobody works on. */
@EachDatabase
class SchedulerTest {
  private static final String NIGHTLY = "'cron': '0 2 * * *'";
  private static final int HISTORIES = RandomCases.of(1000);

  @TempDir Path directory;
  @AutoClose private Registry registry;
  private final TestClock clock = new TestClock(Instant.parse("2026-03-01T12:00:00Z"));
  private final List<String> begun = new ArrayList<>();
  private final List<String> audited = new ArrayList<>();
  private final Map<String, PlanFacts> facts = new HashMap<>();
  private RuntimeException refusal = new IllegalStateException();
  private boolean refuses;
  private boolean losesTheAnswer;
  private String damaged = "";
  private boolean stops;
  private Runnable whenAsked = () -> {};
  private final Schedules schedules = new Schedules(clock);
  private Scheduler scheduler;

  /** Nothing catches it, as nothing catches the end of a process. */
  private static final class Killed extends Error {}

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
    scheduler = scheduler();
  }

  private Scheduler scheduler() {
    return new Scheduler(
        registry.database,
        new Known(),
        new WrittenDown(),
        (owner, policy, operation, resources, outcome) ->
            audited.add("%s %s %s %s".formatted(policy, operation, resources, outcome)),
        clock);
  }

  /** By platform all the same; by inventory what the test says, else one change. */
  private final class Known implements Forecasts {
    @Override
    public String snapshot(String platform, Optional<Ring> ring) {
      return ring.map(it -> "sha256:" + it.name()).orElse("sha256:s");
    }

    @Override
    public PlanFacts facts(
        String platform,
        Optional<Ring> ring,
        String inventory,
        Optional<Duration> cooldown,
        boolean fixes,
        Instant at) {
      whenAsked.run();
      interruptIfItStops();
      if (inventory.equals(damaged)) {
        throw new IllegalStateException("the inventory is damaged");
      }
      return facts.getOrDefault(ring.map(Ring::name).orElse("all"), changes(1));
    }
  }

  /** As the end of a node interrupts the reading of a snapshot. */
  private void interruptIfItStops() {
    if (stops) {
      Thread.currentThread().interrupt();
      throw new RefusedException(
          RefusedException.Reason.INCOMPATIBLE, "interrupted while reading the snapshot");
    }
  }

  private static PlanFacts changes(int changes) {
    return new PlanFacts(changes, 0, 0, Optional.empty(), Set.of(), List.of("bash"), false, false);
  }

  private final class WrittenDown implements Updates {
    @Override
    public UpdateAnswer update(UpdateRequest request) {
      interruptIfItStops();
      if (refuses) {
        throw refusal;
      }
      Image created = AcceptedUpdates.accept(registry, request, clock);
      begun.add(request.existingImageName() + ">" + request.newImageName());
      if (losesTheAnswer) {
        losesTheAnswer = false;
        throw new Killed();
      }
      return new UpdateAnswer(created, true);
    }

    @Override
    public UpdatePlan plan(Owner owner, String imageName) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void anUpdateIsMadeWhenItIsTimeAndNamedByThePattern() {
    line("golden");
    add("nightly", "'lines': 'golden', %s, 'alias': 'latest'".formatted(NIGHTLY));
    at("2026-03-02T01:59:59Z");
    assertThat(begun).isEmpty();
    at("2026-03-02T02:00:03Z");
    at("2026-03-02T02:00:08Z");
    assertThat(begun).containsExactly("golden>golden-2");
    assertThat(audited)
        .containsExactly(
            "schedule/nightly CreateUpdatedImage [golden, golden, golden-2, rule: any change,"
                + " plan: 1 change to the snapshot sha256:s] ok");
    assertThat(aliases()).isEmpty();
    finish("golden-2", true);
    at("2026-03-02T03:00:00Z");
    assertThat(aliases()).containsExactly("golden/latest=golden-2");
    assertThat(audited)
        .hasSize(2)
        .last()
        .isEqualTo(
            "schedule/nightly SetAlias [golden/latest, golden-2, rule: any change,"
                + " plan: 1 change to the snapshot sha256:s] ok");
    assertThat(last("nightly"))
        .isEqualTo(
            "2026-03-02T02:00:00Z  ended [golden SUCCEEDED golden-2 1 change, 0 for"
                + " security]");
    facts.put("all", changes(0));
    at("2026-03-03T02:00:01Z");
    assertThat(last("nightly"))
        .as("a decision not to act is recorded, too")
        .isEqualTo("2026-03-03T02:00:00Z  ended [golden NOT_NEEDED  it is up to date]");
    assertThat(begun).hasSize(1);
  }

  @Test
  void aCanaryThatFailsStopsItsWave() {
    for (String name : List.of("a", "b", "c", "d")) {
      line(name);
    }
    add("wave", "'lines': '*', %s, 'canary': 1, 'atMost': 3".formatted(NIGHTLY));
    at("2026-03-02T02:00:00Z");
    at("2026-03-02T02:00:05Z");
    assertThat(begun).as("the canary alone").containsExactly("a>a-2");
    finish("a-2", false);
    at("2026-03-02T02:10:00Z");
    at("2026-03-02T02:10:05Z");
    assertThat(begun).hasSize(1);
    assertThat(last("wave"))
        .isEqualTo(
            "2026-03-02T02:00:00Z  ended [a FAILED a-2 no boot,"
                + " b STOPPED  The canary of the line a failed: no boot,"
                + " c STOPPED  The canary of the line a failed: no boot,"
                + " d STOPPED  The canary of the line a failed: no boot]");
    at("2026-03-03T02:00:00Z");
    finish("a-3", true);
    at("2026-03-03T02:10:00Z");
    assertThat(begun.subList(1, begun.size()))
        .as("the others once it has qualified, so many at a time")
        .containsExactly("a>a-3", "b>b-2", "c>c-2", "d>d-2");
  }

  @Test
  void aLineThatNeedsNoUpdateAnyMoreIsNoCanary() {
    for (String name : List.of("a", "b", "c", "d")) {
      line(name);
    }
    registry.write(handle -> handle.execute("UPDATE image SET created = ?", 0));
    add("wave", "'lines': '*', %s, 'canary': 1, 'atMost': 3".formatted(NIGHTLY));
    clock.set(Instant.parse("2026-03-02T02:00:00Z"));
    scheduler.beginDue();
    Image newer = registry.available(ALICE, "a-by-hand");
    registry.write(handle -> Lines.add(handle, ALICE, "a", newer, clock.instant()));
    at("2026-03-02T02:00:05Z");
    assertThat(begun).as("the next one is the canary").containsExactly("b>b-2");
    finish("b-2", true);
    at("2026-03-02T02:10:00Z");
    assertThat(begun).containsExactly("b>b-2", "c>c-2", "d>d-2");
    assertThat(last("wave")).contains("a NOT_NEEDED  its newest image is a-by-hand by now");
  }

  @Test
  void noMoreRunAtATimeThanTheyMay() {
    for (String name : List.of("a", "b", "c", "d", "e")) {
      line(name);
    }
    add("wave", "'lines': '*', %s, 'atMost': 2, 'window': '3h'".formatted(NIGHTLY));
    at("2026-03-02T02:00:00Z");
    assertThat(begun).containsExactly("a>a-2", "b>b-2");
    finish("b-2", true);
    at("2026-03-02T02:30:00Z");
    assertThat(begun).containsExactly("a>a-2", "b>b-2", "c>c-2");
    finish("a-2", true);
    finish("c-2", true);
    at("2026-03-02T05:00:00Z");
    assertThat(begun).as("its window is closed").hasSize(3);
    assertThat(last("wave"))
        .contains("c SUCCEEDED", "d STOPPED  The window closed at 2026-03-02T05:00:00Z.");
  }

  @Test
  void failuresInARowDisableASchedule() {
    line("golden");
    add("nightly", "'lines': 'golden', %s, 'disableAfter': 2".formatted(NIGHTLY));
    long before = registry.read(Events::last);
    at("2026-03-02T02:00:00Z");
    finish("golden-2", false);
    at("2026-03-02T03:00:00Z");
    at("2026-03-03T02:00:00Z");
    finish("golden-3", true);
    at("2026-03-03T03:00:00Z");
    at("2026-03-04T02:00:00Z");
    finish("golden-4", false);
    at("2026-03-04T03:00:00Z");
    assertThat(schedule("nightly").enabled()).as("not in a row").isTrue();
    refuses = true;
    refusal = new RefusedException(RefusedException.Reason.LIMIT_EXCEEDED, "Too many images.");
    at("2026-03-05T02:00:00Z");
    refuses = false;
    assertThat(schedule("nightly").disabledWhy())
        .isEqualTo("2 updates in a row failed, the last one of the line golden: Too many images.");
    assertThat(audited)
        .last()
        .isEqualTo(
            "schedule/nightly DisableSchedule [nightly, rule: disable after 2 failures,"
                + " plan: 1 change to the snapshot sha256:s] ok");
    at("2026-03-06T02:00:00Z");
    assertThat(begun).hasSize(3);
    List<RecordedEvent> events =
        registry.read(
            handle -> Events.after(handle, ALICE.accountId(), ALICE.region(), before, 100));
    assertThat(events)
        .filteredOn(each -> each.event().type().word().equals("schedule.disabled"))
        .singleElement()
        .satisfies(each -> assertThat(each.event().payload()).containsEntry("failures", 2));
    Schedule disabled = schedule("nightly");
    registry.write(handle -> {
      Schedules.enable(handle, disabled, true, clock.instant());
      return true;
    });
    at("2026-03-06T02:00:30Z");
    assertThat(begun).as("what it missed while it was disabled is not made up for").hasSize(3);
    at("2026-03-07T02:00:00Z");
    assertThat(begun).hasSize(4);
  }

  @Test
  void timesThatWereMissedCountOnceAndOnlyWithinTheirWindow() {
    line("golden");
    add("hourly", "'lines': 'golden', 'cron': '0 * * * *'");
    add("nightly", "'lines': 'g*', %s, 'window': '2h'".formatted(NIGHTLY));
    at("2026-03-05T17:20:00Z");
    assertThat(last("hourly"))
        .isEqualTo(
            "2026-03-05T17:00:00Z Times from 2026-03-01T13:00:00Z on were missed; this run stands"
                + " for them. goes on [golden UPDATING golden-2 1 change, 0 for"
                + " security]");
    assertThat(last("nightly"))
        .isEqualTo(
            "2026-03-05T02:00:00Z The server was not there, or busy, until its window closed at"
                + " 2026-03-05T04:00:00Z. ended []");
    assertThat(begun).hasSize(1);
  }

  @Test
  void anUpdateWhoseAnswerWasLostIsFoundAgain() {
    line("golden");
    add("nightly", "'lines': 'golden', " + NIGHTLY);
    losesTheAnswer = true;
    clock.set(Instant.parse("2026-03-02T02:00:00Z"));
    assertThatThrownBy(() -> scheduler.look()).isInstanceOf(Killed.class);
    scheduler = scheduler();
    at("2026-03-02T02:00:05Z");
    finish("golden-2", true);
    at("2026-03-02T02:10:00Z");
    assertThat(begun).containsExactly("golden>golden-2");
    assertThat(last("nightly")).contains("golden SUCCEEDED golden-2");
  }

  /** One account can have thousands of schedules that look at thousands of lines. */
  @Test
  void decisionsDoNotPileUpUntilAllIsDecided() {
    line("golden");
    for (int i = 0; i < 10; i++) {
      String schedule = "many-" + i;
      add(
          schedule,
          IntStream.range(0, 1000)
              .mapToObj(each -> "'%s-%d'".formatted(schedule, each))
              .collect(Collectors.joining(",", "'lines': [", "], " + NIGHTLY)));
    }
    add("nightly", "'lines': 'golden', " + NIGHTLY);
    List<Integer> written = new ArrayList<>();
    whenAsked = () -> written.add(runs("many-0").size());
    at("2026-03-02T02:00:00Z");
    assertThat(written).as("runs before the last schedule is looked at").containsExactly(1);
    assertThat(runs("many-9").getFirst().decisions()).hasSize(1000);
    assertThat(begun).containsExactly("golden>golden-2");
  }

  @Test
  void whatTheEndOfANodeInterruptsIsNoFailureAndGoesOnLater() {
    line("golden");
    add("nightly", "'lines': 'golden', 'disableAfter': 1, " + NIGHTLY);
    clock.set(Instant.parse("2026-03-02T02:00:00Z"));
    assertInterrupted();
    assertThat(runs("nightly")).as("nothing was decided").isEmpty();

    scheduler.beginDue();
    assertInterrupted();
    assertThat(last("nightly")).contains("goes on", "golden UPDATING");
    at("2026-03-02T02:00:10Z");
    assertThat(begun).containsExactly("golden>golden-2");
    assertThat(schedule("nightly").enabled()).isTrue();
    assertThat(schedule("nightly").failures()).isZero();
  }

  private void assertInterrupted() {
    stops = true;
    assertThatThrownBy(() -> scheduler.look()).isInstanceOf(IllegalStateException.class);
    assertThat(Thread.interrupted()).isTrue();
    stops = false;
  }

  @Test
  void whatIsAskedForRunsOutsideOfItsTimesUnderItsConditions() {
    line("golden");
    line("other");
    add("off", "'lines': ['golden', 'nowhere'], " + NIGHTLY);
    assertThat(scheduler.runNow(schedule("off"), "AKIA"))
        .extracting(each -> each.line() + " " + each.outcome())
        .containsExactly("golden WAITING", "nowhere NOT_NEEDED");
    Map<Instant, List<Decision>> forecast = scheduler.forecast(schedule("off"));
    assertThat(forecast).hasSize(6);
    assertThat(forecast.keySet()).element(1).isEqualTo(Instant.parse("2026-03-02T02:00:00Z"));
    scheduler.look();
    assertThat(begun).containsExactly("golden>golden-2");
  }

  @Test
  void aLineIsNotUpdatedTwiceByRunsThatOverlap() {
    line("a");
    line("b");
    registry.write(handle -> handle.execute("UPDATE image SET created = ?", 0));
    add("one", "'lines': '*', " + NIGHTLY);
    add("two", "'lines': 'b', 'cron': '0 3 * * *'");
    at("2026-03-02T02:00:00Z");
    clock.advance(Duration.ofSeconds(1));
    assertThat(scheduler.runNow(schedule("one"), "AKIA"))
        .extracting(each -> each.line() + " " + each.outcome())
        .containsExactly("b WAITING", "a NOT_NEEDED");
    at("2026-03-02T03:00:00Z");
    assertThat(begun).as("b is made by one of three runs").containsExactly("a>a-2", "b>b-2");
    finish("a-2", true);
    finish("b-2", true);
    at("2026-03-02T03:10:00Z");
    at("2026-03-02T03:20:00Z");
    assertThat(begun).containsExactly("a>a-2", "b>b-2");
    assertThat(runs("one").stream().flatMap(run -> run.decisions().stream()))
        .extracting(each -> each.line() + " " + each.outcome() + " " + each.reason())
        .contains("b NOT_NEEDED its newest image is b-2 by now");
    assertThat(last("two")).contains("b NOT_NEEDED  the image b-2 is being made");
  }

  @Test
  void aLineThatCanNotBePlannedKeepsNoOtherFromItsUpdate() {
    line("broken");
    line("sound");
    registry.write(handle ->
        handle.execute("UPDATE image SET inventory_digest = (SELECT MIN(digest) FROM inventory)"));
    damaged =
        registry.read(
            handle -> Images.require(handle, ALICE, "broken").disk().orElseThrow().inventory());
    line("other");
    add("nightly", "'lines': '*', " + NIGHTLY);
    at("2026-03-02T02:00:00Z");
    assertThat(last("nightly"))
        .contains("broken NOT_NEEDED  its update can't be planned: the inventory is damaged");
  }

  @Test
  void aRevokedImageIsNotUpdatedAndThatIsNoFailure() {
    line("golden");
    line("other");
    add("nightly", "'lines': '*', 'atMost': 2, " + NIGHTLY);
    Revocations revocations =
        new Revocations(registry.database, (_, _, _, _, _) -> {}, Clock.systemUTC());
    Revocations.Details revoked =
        revocations.revoke(
            ALICE, revocations.image(ALICE, "golden"), true, "from a stolen key", "AKIA");
    at("2026-03-02T02:00:00Z");
    assertThat(begun).containsExactly("other>other-2");
    assertThat(last("nightly")).contains("golden NOT_NEEDED  it is revoked: from a stolen key");
    assertThat(schedule("nightly").failures()).isZero();
    finish("other-2", true);
    assertThat(revocations.undo(ALICE, revoked.revocation().id(), "AKIA").undone()).isPresent();
    at("2026-03-02T02:10:00Z");
    at("2026-03-03T02:00:00Z");
    assertThat(begun).contains("golden>golden-2");
  }

  @Test
  void aSuspendedAccountsSchedulesRest() {
    for (String name : List.of("a", "b")) {
      line(name);
    }
    registry.write(handle -> handle.execute("UPDATE image SET created = ?", 0));
    add("nightly", "'lines': '*', " + NIGHTLY);
    at("2026-03-02T02:00:00Z");
    assertThat(begun).containsExactly("a>a-2");
    status("SUSPENDED");
    finish("a-2", true);
    at("2026-03-02T02:10:00Z");
    assertThat(last("nightly"))
        .contains("a SUCCEEDED", "b STOPPED  The account was suspended.", "ended");
    at("2026-03-03T02:00:00Z");
    assertThat(runs("nightly")).hasSize(1);
    assertThat(begun).hasSize(1);
    status("ACTIVE");
    at("2026-03-03T09:00:00Z");
    assertThat(begun).as("what was missed counts once").containsExactly("a>a-2", "a-2>a-3");
  }

  private void status(String status) {
    registry.write(handle ->
        handle.execute(
            """
            INSERT INTO account (id, name, status, created) VALUES (?, 'alice', ?, 0)
            ON CONFLICT (id) DO UPDATE SET status = excluded.status
            """,
            ALICE.accountId(),
            status));
  }

  @Test
  void aLineIsComparedWithWhatItsRingStandsOn() {
    line("dev");
    line("prod");
    add("nightly", "'lines': '*', " + NIGHTLY);
    registry.write(handle -> {
      Ring ring =
          new Ring(
              "r",
              "debian",
              "prod",
              Optional.of("dev"),
              Optional.empty(),
              Ring.Gates.OPEN,
              clock.instant());
      assertThat(RingRecords.insert(handle, ring)).isTrue();
      RingRecords.follow(handle, Lines.require(handle, ALICE, "prod").id(), ring);
      return true;
    });
    facts.put("prod", changes(0));
    assertThat(scheduler.runNow(schedule("nightly"), "AKIA"))
        .extracting(each -> each.line() + " " + each.outcome() + " " + each.snapshot())
        .containsExactly("dev WAITING sha256:s", "prod NOT_NEEDED sha256:prod");
  }

  @Test
  void nodesThatLookAtOnceMakeOneRun() throws Exception {
    line("golden");
    add("nightly", "'lines': 'golden', " + NIGHTLY);
    clock.set(Instant.parse("2026-03-02T02:00:00Z"));
    // The turn keeps all but one from looking; here it does not.
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var each :
          threads.invokeAll(
              IntStream.range(0, 4)
                  .mapToObj(_ -> Executors.callable(() -> beginOnly(scheduler())))
                  .toList())) {
        each.get();
      }
    }
    assertThat(runs("nightly")).hasSize(1);
  }

  private static void beginOnly(Scheduler node) {
    node.beginDue();
  }

  /**
   * A thousand histories, each of a schedule and a clock that goes on, stops, and jumps both ways,
   * around the nights in which the clocks of its zone, or another one's, are changed.
   */
  @Test
  void noTimeComesTwiceWhereverTheClockJumps() {
    Random random = new Random(170);
    line("golden");
    facts.put("all", changes(0));
    String[] crons = {"*/30 * * * *", "0 2 * * *", "30 2 * * *", "15 */3 * * 1-5", "0 3 1,15 * *"};
    String[] zones = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"};
    int together = crons.length * zones.length;
    for (int histories = 0; histories < HISTORIES; histories += together) {
      clock.set(
          transition(zones[random.nextInt(3)], random)
              .minus(Duration.ofMinutes(random.nextInt(600))));
      List<History> all = new ArrayList<>();
      for (String cron : crons) {
        for (String zone : zones) {
          all.add(new History("s" + all.size(), CronTimes.of(cron, zone), new HashSet<>()));
        }
      }
      registry.write(handle -> {
        for (History each : all) {
          String[] parts = each.times().toString().split(" (?=\\S+$)", -1);
          schedules.add(
              handle,
              ALICE,
              each.name(),
              canonical(
                  each.name(),
                  "'lines': '%s', 'cron': '%s', 'zone': '%s', 'when': {'moreThan': 9}"
                      .formatted("golden", parts[0], parts[1])),
              clock.instant());
        }
        return true;
      });
      for (int i = 0; i < 10; i++) {
        Instant before = clock.instant();
        int kind = random.nextInt(10);
        clock.advance(
            switch (kind) {
              case 0 -> Duration.ofDays(-random.nextInt(40));
              case 1 -> Duration.ofDays(random.nextInt(900));
              case 2 -> Duration.ofMinutes(-random.nextInt(120));
              default -> Duration.ofMinutes(random.nextInt(180));
            });
        facts.put("all", changes(random.nextInt(9)));
        History one = all.get(random.nextInt(all.size()));
        int runs = runs(one.name()).size();
        List<Decision> previewed =
            scheduler.forecast(schedule(one.name())).values().iterator().next();
        scheduler.beginDue();
        List<Run> made = runs(one.name());
        if (made.size() > runs) {
          assertThat(made)
              .as("a run decides what its preview has shown")
              .anySatisfy(run -> assertThat(run.decisions()).isEqualTo(previewed));
        }
        if (kind > 2) {
          all.forEach(each -> each.passes(before, clock.instant()));
        }
      }
      all.forEach(this::verify);
      registry.write(handle -> handle.execute("DELETE FROM schedule"));
    }
  }

  /** A moment at which the clocks of a zone are changed, in spring or in autumn. */
  private static Instant transition(String zone, Random random) {
    var next =
        ZoneId.of(zone)
            .getRules()
            .nextTransition(
                Instant.parse("2026-01-01T00:00:00Z").plus(Duration.ofDays(random.nextInt(700))));
    return next.getInstant();
  }

  /**
   * What a schedule has to have done.
   *
   * @param passed times that came while the clock went on
   */
  private record History(String name, CronTimes times, Set<Instant> passed) {
    private void passes(Instant from, Instant to) {
      Optional<Instant> last = Optional.empty();
      Optional<Instant> next = times.after(from);
      while (next.filter(time -> !time.isAfter(to)).isPresent()) {
        last = next;
        next = times.after(next.get());
      }
      last.ifPresent(passed::add);
    }
  }

  private void verify(History history) {
    Set<Instant> dues = new HashSet<>();
    Set<LocalDateTime> shown = new HashSet<>();
    for (Run run : runs(history.name())) {
      assertThat(dues.add(run.due())).as("%s twice", run.due()).isTrue();
      assertThat(shown.add(LocalDateTime.ofInstant(run.due(), history.times().zone())))
          .as("%s of %s, which the clock shows twice", run.due(), history.times())
          .isTrue();
    }
    assertThat(dues).as("no time passed without a run").containsAll(history.passed());
  }

  @Test
  void aPatternOfLinesThatNamesNoneSaysSo() {
    line("golden");
    add("nightly", "'lines': ['golden', 'web-*'], " + NIGHTLY);
    at("2026-03-02T02:00:00Z");
    assertThat(last("nightly"))
        .contains("web-* NOT_NEEDED  no line has such a name; see regild line list");
    assertThat(begun).containsExactly("golden>golden-2");
  }

  @Test
  void linesThatShareAPatternGetDifferentNames() {
    for (String name : List.of("a", "b", "c")) {
      line(name);
    }
    add("wave", "'lines': '*', 'pattern': 'img-{n}', 'atMost': 3, " + NIGHTLY);
    at("2026-03-02T02:00:00Z");
    assertThat(begun).containsExactly("a>img-2", "b>img-3", "c>img-4");
  }

  @Test
  void aLineWhoseNameIsTooLongForThePatternIsFoundWhenTheScheduleIsGiven() {
    String name = "l".repeat(100);
    line(name);
    assertThatThrownBy(() -> add("nightly", "'lines': '*', " + NIGHTLY))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining(name + "-99999', which no image can have.");
  }

  @Test
  void schedulesThatContradictEachOtherAreRefused() {
    line("golden");
    add("nightly", "'lines': 'golden', " + NIGHTLY);
    assertThatThrownBy(() -> add("other", "'lines': 'g*', 'cron': '0 3 * * *', 'pattern': 'x-{n}'"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessage(
            "The schedules other and nightly contradict each other on the line golden: they name"
                + " its images 'x-{n}' and '{line}-{n}'. Give both the same pattern.");
    assertThatThrownBy(() -> add("other", "'lines': '*', " + NIGHTLY))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("both look at it at the same times. Give one of them another cron.");
    for (String same : List.of("00 02 * * *", "0 2 */1 * *")) {
      assertThatThrownBy(
              () -> add("other", "'lines': '*', 'cron': '%s', 'zone': 'Etc/UTC'".formatted(same)))
          .as(same)
          .isInstanceOf(InvalidPolicyException.class)
          .hasMessageContaining("both look at it at the same times.");
    }
    add("other", "'lines': 'web', 'cron': '0 3 * * *', 'pattern': 'x-{n}'");
    add("monthly", "'lines': 'golden', 'cron': '0 4 1 * *'");
  }

  private void line(String name) {
    Image image = registry.available(ALICE, name);
    registry.write(handle -> Lines.add(handle, ALICE, name, image, clock.instant()));
  }

  private void add(String name, String spec) {
    Map<String, Object> canonical = canonical(name, spec);
    registry.write(handle -> {
      schedules.add(handle, ALICE, name, canonical, clock.instant());
      return true;
    });
  }

  private Map<String, Object> canonical(String name, String spec) {
    return schedules.canonical(
        name, JsonMapper.shared().readTree("{" + spec.replace('\'', '"') + "}"));
  }

  private void at(String time) {
    clock.set(Instant.parse(time));
    scheduler.look();
  }

  private Schedule schedule(String name) {
    return registry.read(handle -> Schedules.require(handle, ALICE, name));
  }

  private List<Run> runs(String name) {
    Schedule schedule = schedule(name);
    return registry.read(handle -> Runs.last(handle, schedule, 1000));
  }

  private String last(String name) {
    Run run = runs(name).getFirst();
    return "%s %s %s %s"
        .formatted(
            run.due(),
            run.note(),
            run.ended().isPresent() ? "ended" : "goes on",
            run.decisions().stream()
                .map(each ->
                    "%s %s %s %s"
                        .formatted(each.line(), each.outcome(), each.newImage(), each.reason()))
                .toList());
  }

  private List<String> aliases() {
    return registry.read(handle -> Aliases.list(handle, ALICE)).stream()
        .map(alias -> alias.name() + "=" + alias.image())
        .toList();
  }

  /** Brings an update to its outcome. */
  private void finish(String image, boolean succeeds) {
    registry.write(handle ->
        handle
            .createUpdate(
                succeeds
                    ? """
                    UPDATE image SET state = 'AVAILABLE',
                           layer_id = (SELECT MIN(layer_id) FROM image),
                           inventory_digest = (SELECT MIN(inventory_digest) FROM image),
                           disk_layout = (SELECT MIN(disk_layout) FROM image),
                           qualification = (SELECT MIN(qualification) FROM image)
                     WHERE name = :name
                    """
                    : """
                    UPDATE image SET state = 'FAILED', reason_code = 'IMAGE_UPDATE_FAILURE',
                           reason_message = 'no boot' WHERE name = :name
                    """)
            .bind("name", image)
            .execute());
  }
}
