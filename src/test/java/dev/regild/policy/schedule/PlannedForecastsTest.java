package dev.regild.policy.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.SnapshotHistory;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.channel.ring.Ring;
import dev.regild.db.Database;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedKind;
import dev.regild.feed.FeedStore;
import dev.regild.fetch.Route;
import dev.regild.fixtures.MadeUpPackages;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdateOptions;
import dev.regild.policy.PolicyFleet;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Forecasts by real snapshots of a repository that is really there. */
class PlannedForecastsTest {
  private static final Instant NOW = Instant.parse("2026-03-10T00:00:00Z");
  private static final Optional<Duration> WEEK = Optional.of(Duration.ofDays(7));

  @TempDir Path data;

  @Test
  void aVersionCountsWhenASnapshotHasHadItForTheCooldown() throws Exception {
    TestKey key = TestKey.simple();
    try (Database database = TestDatabases.open(data.resolve("regild.db"));
        TestRepository repository =
            new TestRepository(Files.createDirectory(data.resolve("repository")))) {
      ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
      Inventories inventories = new Inventories(database);
      PlannedForecasts forecasts = forecasts(database, channels);
      assertThatThrownBy(() -> forecasts.snapshot("DEBIAN_12", Optional.empty()))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("No channel for DEBIAN_12");
      String inventory =
          database.inTransaction(handle ->
              inventories.store(
                  handle,
                  new Inventory(
                      new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12", "12.5"),
                      "amd64",
                      List.of(
                          new InstalledPackage("bash", "amd64", "5.1", false),
                          new InstalledPackage("openssl", "amd64", "3.0.1", false),
                          new InstalledPackage("linux-image-amd64", "amd64", "6.1.1", false)))));

      offer(
          channels,
          repository,
          key,
          "1 Mar 2026",
          new Deb("bash", "5.2"),
          new Deb("openssl", "3.0.2"));
      String first = forecasts.snapshot("DEBIAN_12", Optional.empty());
      offer(
          channels,
          repository,
          key,
          "9 Mar 2026",
          new Deb("bash", "5.2"),
          new Deb("openssl", "3.0.3"),
          new Deb("linux-image-amd64", "6.1.2"));
      String second = forecasts.snapshot("DEBIAN_12", Optional.empty());
      database.useTransaction(handle -> {
        SnapshotHistory.record(handle, "test", first, NOW.minus(Duration.ofDays(9)));
        SnapshotHistory.record(handle, "test", second, NOW.minus(Duration.ofDays(1)));
      });

      PlanFacts all =
          forecasts.facts("DEBIAN_12", Optional.empty(), inventory, Optional.empty(), false, NOW);
      assertThat(all.changes()).isEqualTo(3);
      assertThat(all.packages()).contains("bash", "openssl", "linux-image-amd64");
      PlanFacts cooled = forecasts.facts("DEBIAN_12", Optional.empty(), inventory, WEEK, true, NOW);
      assertThat(cooled.packages()).as("openssl 3.0.3 is a day old").containsExactly("bash");
      assertThat(cooled.waiting()).isEqualTo(2);
      assertThat(
              forecasts
                  .facts(
                      "DEBIAN_12",
                      Optional.empty(),
                      inventory,
                      WEEK,
                      true,
                      NOW.plus(Duration.ofDays(6)))
                  .changes())
          .isEqualTo(3);
      assertThat(
              forecasts
                  .facts(
                      "DEBIAN_12",
                      Optional.empty(),
                      inventory,
                      WEEK,
                      false,
                      NOW.minus(Duration.ofDays(3)))
                  .changes())
          .as("before the first snapshot was that old")
          .isZero();

      Ring prod =
          new Ring(
              "prod",
              "test",
              "prod",
              Optional.of("dev"),
              Optional.of(new Ring.Standing(first, NOW)),
              Ring.Gates.OPEN,
              NOW);
      assertThat(forecasts.snapshot("DEBIAN_12", Optional.of(prod))).isEqualTo(first);
      PlanFacts ringed =
          forecasts.facts("DEBIAN_12", Optional.of(prod), inventory, WEEK, true, NOW);
      assertThat(ringed.packages())
          .as("what the ring stands on, which is nine days old")
          .containsExactly("bash", "openssl");
      assertThat(
              forecasts
                  .facts(
                      "DEBIAN_12",
                      Optional.of(prod),
                      inventory,
                      Optional.of(Duration.ofHours(12)),
                      false,
                      NOW)
                  .changes())
          .as("although the channel has had a newer version for so long")
          .isEqualTo(2);
    }
  }

  /** Of inventories with other packages each, by two snapshots, changelogs and a feed. */
  @Test
  void manyAreForecastAsEachByItself() throws Exception {
    try (Database database = TestDatabases.open(data.resolve("regild.db"));
        MadeUpPackages packages = new MadeUpPackages(data, "DEBIAN_12")) {
      MadeUpPackages.changelogs(database);
      ChannelStore channels = packages.channels();
      Inventories inventories = new Inventories(database);
      FeedStore feeds = new FeedStore(database, data, Clock.systemUTC());
      Path tracker = Files.writeString(data.resolve("tracker.json"), tracker());
      feeds.add(
          new Feed(
              "debian",
              FeedKind.DEBIAN_TRACKER,
              tracker.toUri().toString(),
              "",
              "",
              "",
              Route.DEFAULT,
              Feed.DEFAULT_REFRESH_INTERVAL));
      var _ = feeds.refresh("debian", Set.of("DEBIAN_12"));
      PlannedForecasts forecasts = forecasts(database, channels);
      String first = forecasts.snapshot("DEBIAN_12", Optional.empty());
      packages.next();
      String second = forecasts.snapshot("DEBIAN_12", Optional.empty());
      database.useTransaction(handle -> {
        SnapshotHistory.record(handle, "bench", first, NOW.minus(WEEK.get()));
        SnapshotHistory.record(handle, "bench", second, NOW.minusSeconds(60));
      });
      Random random = new Random(7);
      List<String> digests = new ArrayList<>();
      database.useTransaction(handle -> {
        for (int i = 0; i < 25; i++) {
          digests.add(
              inventories.store(handle, PolicyFleet.inventory(MadeUpPackages.installed(random))));
        }
      });
      List<PlanFacts> all = new ArrayList<>();
      Forecasts.Many many = forecasts.many();
      for (Optional<Duration> cooldown : List.of(Optional.<Duration>empty(), WEEK)) {
        for (boolean fixes : List.of(false, true)) {
          Map<String, PlanFacts> together =
              many.facts("DEBIAN_12", Optional.empty(), digests, cooldown, fixes, NOW);
          for (String each : digests) {
            PlanFacts alone =
                forecasts.facts("DEBIAN_12", Optional.empty(), each, cooldown, fixes, NOW);
            assertThat(together.get(each)).isEqualTo(alone);
            all.add(alone);
          }
        }
      }
      assertThat(all).anySatisfy(each -> assertThat(each.waiting()).isPositive());
      assertThat(all).anySatisfy(each -> assertThat(each.cves()).isNotEmpty());
      assertThat(all).anySatisfy(each -> assertThat(each.kernel()).isTrue());
      assertThat(all).anySatisfy(each -> assertThat(each.severity()).contains(Severity.HIGH));
      assertThat(all).anySatisfy(each -> assertThat(each.severity()).contains(Severity.LOW));
    }
  }

  /** What Debian's tracker says of the CVEs in some of the made-up packages. */
  private static String tracker() {
    Map<String, Map<String, Object>> tracker = new TreeMap<>();
    for (int i = 1; i < MadeUpPackages.COMMON; i += 20) {
      tracker
          .computeIfAbsent(MadeUpPackages.name(i / 2), _ -> new TreeMap<>())
          .put(
              "CVE-2026-" + (i * 3 + 10_000),
              Map.of(
                  "releases",
                  Map.of(
                      "bookworm",
                      Map.of("status", "open", "urgency", i % 400 == 1 ? "high" : "low"))));
    }
    return JsonMapper.shared().writeValueAsString(tracker);
  }

  @Test
  void theAgentIsSeenInAPlan() throws Exception {
    TestKey key = TestKey.simple();
    try (Database database = TestDatabases.open(data.resolve("regild.db"));
        TestRepository repository =
            new TestRepository(Files.createDirectory(data.resolve("repository")))) {
      repository.publish(
          key,
          Map.of("Date", "1 Mar 2026 00:00:00 UTC"),
          List.of(new Deb("desk-agent", "2.0"), new Deb("bash", "5.2")));
      ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
      channels.add(
          new Channel(
              "test",
              "DEBIAN_12",
              List.of(repository.source(key)),
              Channel.DEFAULT_DRIVER_PACKAGES,
              List.of("desk-agent"),
              Duration.ofHours(6),
              false,
              UpdateOptions.NONE));
      var _ = channels.refresh("test");
      Inventories inventories = new Inventories(database);
      PlannedForecasts forecasts = forecasts(database, channels);
      List<String> digests =
          database.inTransaction(handle ->
              inventories.store(
                  handle,
                  List.of(
                      PolicyFleet.inventory("desk-agent=1.0", "bash=5.2"),
                      PolicyFleet.inventory("desk-agent=2.0", "bash=5.1"))));
      assertThat(
              digests.stream()
                  .map(each ->
                      forecasts.facts(
                          "DEBIAN_12", Optional.empty(), each, Optional.empty(), false, NOW)))
          .extracting(PlanFacts::agent)
          .containsExactly(true, false);
    }
  }

  /** With the changelogs and the feeds that the database has. */
  private PlannedForecasts forecasts(Database database, ChannelStore channels) throws Exception {
    Inventories inventories = new Inventories(database);
    UpdatePlans plans = new UpdatePlans(channels, inventories);
    return new PlannedForecasts(
        database,
        channels,
        inventories,
        plans,
        new PlannedFixes(
            database,
            inventories,
            plans,
            new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC()))),
        new FeedStore(database, data, Clock.systemUTC()));
  }

  private static void offer(
      ChannelStore channels, TestRepository repository, TestKey key, String day, Deb... debs)
      throws Exception {
    repository.publish(key, Map.of("Date", day + " 00:00:00 UTC"), List.of(debs));
    if (channels.find("test").isEmpty()) {
      channels.add(new Channel("test", "DEBIAN_12", List.of(repository.source(key))));
    }
    var _ = channels.refresh("test");
  }
}
