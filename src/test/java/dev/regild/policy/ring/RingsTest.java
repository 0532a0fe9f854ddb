package dev.regild.policy.ring;

import static dev.regild.policy.PolicyFleet.OWNER;
import static dev.regild.policy.PolicyFleet.PLATFORM;
import static dev.regild.policy.PolicyFleet.inventory;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingMove;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.files.FileTree;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.RandomCases;
import dev.regild.fixtures.TestClock;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Image;
import dev.regild.image.ImageSearch;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelogs;
import dev.regild.job.node.Turns;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyFleet;
import dev.regild.policy.ring.PromotionPreview.PackageStep;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Judging;
import dev.regild.update.verdict.Outlook;
import dev.regild.update.verdict.StatusQuery;
import dev.regild.update.verdict.Statuses;
import dev.regild.update.verdict.Verdict;
import dev.regild.update.verdict.Verdicts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class RingsTest {
  private static final Gates OPEN = Gates.OPEN;

  @TempDir Path data;
  private final TestClock clock = new TestClock();
  private Database database;
  private TestKey key;
  private TestRepository repository;
  private ChannelStore channels;
  private PolicyFleet fleet;
  private UpdatePlans plans;
  private Judging judging;
  private Rings rings;
  private Promotions promotions;
  private PromotionPreviews previews;
  private int day;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    key = TestKey.simple();
    repository = new TestRepository(Files.createDirectory(data.resolve("repository")));
    channels = new ChannelStore(data, Clock.systemUTC());
    fleet = new PolicyFleet(database);
    Inventories inventories = new Inventories(database);
    plans =
        new UpdatePlans(
            channels,
            inventories,
            images -> database.read(handle -> RingRecords.ofImages(handle, images)));
    PlannedFixes fixes =
        new PlannedFixes(
            database,
            inventories,
            plans,
            new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC())));
    judging =
        new Judging(
            database,
            inventories,
            plans,
            fixes,
            new FeedStore(database, data, Clock.systemUTC()),
            new SupportFiles(data, data),
            Turns.ALONE,
            Clock.systemUTC());
    rings = new Rings(database, channels, clock);
    promotions = new Promotions(database, channels, Clock.systemUTC());
    previews =
        new PromotionPreviews(
            database, plans, new Outlook(database, inventories, fixes), promotions);
    offer("bash=5.2-1");
  }

  @AfterEach
  void close() {
    repository.close();
    database.close();
  }

  /** Gives the channel a snapshot with these packages. */
  private void offer(String... packages) throws Exception {
    List<Deb> debs = new ArrayList<>();
    for (String each : packages) {
      String[] parts = each.split("=", -1);
      debs.add(new Deb(parts[0], parts[1]));
    }
    String date =
        DateTimeFormatter.ofPattern("EEE, dd MMM yyyy", Locale.ENGLISH)
            .format(LocalDate.of(2026, 1, 1).plusDays(day++));
    repository.publish(key, Map.of("Date", date + " 00:00:00 UTC"), debs);
    if (channels.find("debian").isEmpty()) {
      channels.add(new Channel("debian", PLATFORM, List.of(repository.source(key))));
    }
    var _ = channels.refresh("debian");
  }

  private String current() throws Exception {
    return channels.currentDigest("debian").orElseThrow();
  }

  private Image add(String line, String name, String... packages) {
    return fleet.add(line, name, inventory(packages), Instant.now());
  }

  private Image read(Image image) {
    return database.read(handle -> Images.require(handle, image.owner(), image.name()));
  }

  private Verdict.State state(Image image) {
    return database.read(handle -> Verdicts.find(handle, image).orElseThrow().state());
  }

  private List<String> outdated() {
    return database
        .read(handle ->
            Statuses.list(
                handle,
                new StatusQuery(
                    OWNER,
                    Optional.of(StatusQuery.Standing.OUTDATED),
                    Optional.empty(),
                    false,
                    StatusQuery.Sort.CHANGES,
                    true,
                    Optional.empty(),
                    1000)))
        .stream()
        .map(each -> each.status().name())
        .toList();
  }

  @Test
  void whatIsBoundToAPreviewHappensOnceAndWithItsSnapshot() throws Exception {
    var _ = rings.add("debian", "dev", Optional.empty(), OPEN);
    var _ = rings.add("debian", "prod", Optional.of("dev"), OPEN);
    List<String> snapshots = new ArrayList<>();
    for (String version : List.of("1", "2", "3")) {
      offer("bash=" + version);
      snapshots.add(current());
      var _ = promotions.promote("debian", "dev", "prod", "AKIA", Optional.empty());
    }
    offer("bash=4");
    Optional<String> shown = Optional.of(snapshots.getLast());
    assertThatThrownBy(
            () -> promotions.promote("debian", "dev", "prod", "AKIA", Optional.empty(), shown))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("The ring dev has another snapshot by now.");
    assertThat(rings.show("debian", "prod").snapshot()).isEqualTo(shown);

    assertThat(promotions.rollback("debian", "prod", "AKIA", shown)).isEqualTo(snapshots.get(1));
    assertThatThrownBy(() -> promotions.rollback("debian", "prod", "AKIA", shown))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("The ring prod of the channel debian was moved meanwhile.");
    assertThat(rings.show("debian", "prod").snapshot()).contains(snapshots.get(1));
  }

  @Test
  void aRingSeesWhatWasPromotedAndNotWhatTheRepositoriesHave() throws Exception {
    Image dev = add("dev", "dev-1", "bash=5.2-1");
    Image prod = add("golden", "golden-1", "bash=5.2-1");
    Image free = add("free", "free-1", "bash=5.2-1");
    var _ = rings.add("debian", "dev", Optional.empty(), OPEN);
    var _ = rings.add("debian", "prod", Optional.of("dev"), OPEN);
    var _ = rings.assign("debian", "dev", OWNER, "dev");
    var _ = rings.assign("debian", "prod", OWNER, "golden");

    judging.look();
    assertThat(state(prod)).as("nothing was promoted yet").isEqualTo(Verdict.State.UNKNOWN);
    assertThatThrownBy(() -> plans.offerFor(read(prod)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("regild ring promote debian dev prod");
    String first = current();
    var _ = promotions.promote("debian", "dev", "prod", "key", Optional.empty());
    judging.look();
    assertThat(List.of(state(dev), state(prod), state(free))).containsOnly(Verdict.State.CURRENT);

    offer("bash=5.2-2");
    judging.look();
    assertThat(state(dev)).isEqualTo(Verdict.State.OUTDATED);
    assertThat(state(free)).isEqualTo(Verdict.State.OUTDATED);
    assertThat(state(prod)).isEqualTo(Verdict.State.CURRENT);
    assertThat(outdated()).containsExactlyInAnyOrder("dev-1", "free-1");
    Statuses.Summary summary = database.read(handle -> Statuses.summary(handle, OWNER));
    assertThat(summary.outdated()).isEqualTo(2);
    assertThat(plans.offerFor(read(prod)).snapshot().digest()).isEqualTo(first);
    assertThat(plans.offerFor(read(dev)).snapshot().digest()).isEqualTo(current());
    assertThat(plans.hasChanges(plans.offerFor(read(prod)), prod.disk().orElseThrow().inventory()))
        .isFalse();
    ImageSearch search =
        new ImageSearch(
            OWNER,
            new ImageSearch.Filter(
                "", Set.of(), "", Optional.empty(), "", Optional.of(ImageSearch.Standing.CURRENT)),
            new ImageSearch.Order(ImageSearch.Column.NAME, false),
            new ImageSearch.Place.First(),
            10);
    ImageSearch.Hits hits = database.read(search::find);
    assertThat(hits.hits()).extracting(hit -> hit.image().name()).containsExactly("golden-1");

    PromotionPreview preview = previews.of("debian", "dev", "prod");
    assertThat(preview.becoming()).extracting(each -> each.name()).containsExactly("golden-1");
    assertThat(preview.changes())
        .containsExactly(new PackageStep("bash", "5.2-1", "5.2-2", false, 1));
    assertThat(preview.images()).isEqualTo(1);
    var _ = promotions.promote("debian", "dev", "prod", "key", Optional.empty());
    judging.look();
    assertThat(state(prod)).isEqualTo(Verdict.State.OUTDATED);

    assertThat(promotions.rollback("debian", "prod", "key")).isEqualTo(first);
    judging.look();
    assertThat(state(prod)).isEqualTo(Verdict.State.CURRENT);
    assertThatThrownBy(() -> promotions.rollback("debian", "prod", "key"))
        .hasMessageContaining("has no earlier snapshot");
    assertThat(rings.show("debian", "prod").moves())
        .extracting(RingMove::number, RingMove::act)
        .containsExactly(
            tuple(3, RingMove.Act.ROLLBACK),
            tuple(2, RingMove.Act.PROMOTE),
            tuple(1, RingMove.Act.PROMOTE));
    assertThat(promotionEvents()).isEqualTo(3);
    rings.unassign("debian", "prod", OWNER, "golden");
    assertThat(state(prod)).as("as the repositories say").isEqualTo(Verdict.State.OUTDATED);
  }

  private long promotionEvents() {
    return database.read(handle ->
        Events.after(handle, OWNER.accountId(), OWNER.region(), 0, 10).stream()
            .filter(each -> each.event().type() == EventType.RING_PROMOTED)
            .count());
  }

  private Set<String> held() {
    return database.read(RingRecords::held);
  }

  @Test
  void theSnapshotsOfARingAreNotPruned() throws Exception {
    var _ = rings.add("debian", "dev", Optional.empty(), OPEN);
    var _ = rings.add("debian", "prod", Optional.of("dev"), OPEN);
    String first = current();
    var _ = promotions.promote("debian", "dev", "prod", "key", Optional.empty());
    offer("bash=5.2-2");
    String second = current();
    var _ = promotions.promote("debian", "dev", "prod", "key", Optional.empty());
    assertThat(held()).containsExactlyInAnyOrder(first, second);
    offer("bash=5.2-3");
    var _ = promotions.promote("debian", "dev", "prod", "key", Optional.empty());
    assertThat(held()).containsExactlyInAnyOrder(second, current());
    assertThat(promotions.rollback("debian", "prod", "key")).isEqualTo(second);
    assertThat(held()).containsExactlyInAnyOrder(first, second);
    FileTree.remove(data.resolve("snapshots").resolve(first));
    assertThatThrownBy(() -> promotions.rollback("debian", "prod", "key"))
        .hasMessageContaining(first)
        .hasMessageContaining("not kept any more");
    assertThat(rings.show("debian", "prod").snapshot()).contains(second);
  }

  @Test
  void gatesAreClosedUntilImagesQualifiedAndTheSnapshotIsOldEnough() throws Exception {
    var _ = rings.add("debian", "dev", Optional.empty(), OPEN);
    var _ = rings.add("debian", "prod", Optional.of("dev"), new Gates(2, Duration.ofDays(1)));
    assertThatThrownBy(() -> promotions.promote("debian", "dev", "prod", "key", Optional.empty()))
        .hasMessageContaining("0 of 2 images of the ring dev")
        .hasMessageContaining("0 hours old, and must be at least 24 hours old")
        .hasMessageContaining("--override REASON");
    qualified(add("dev", "dev-1", "bash=5.2-1"));
    qualified(add("free", "free-1", "bash=5.2-1"));
    assertThat(promotions.propose("debian", "dev", "prod").gates())
        .extracting(Promotion.Gate::open)
        .containsExactly(true, false);
    var _ = rings.change("debian", "prod", Optional.empty(), _ -> new Gates(2, Duration.ZERO));
    assertThat(promotions.promote("debian", "dev", "prod", "key", Optional.empty()).isAllowed())
        .isTrue();
    assertThatThrownBy(() -> promotions.promote("debian", "dev", "prod", "key", Optional.empty()))
        .hasMessageContaining("already has the snapshot of the ring dev");
    offer("bash=5.2-2");
    var _ = promotions.promote("debian", "dev", "prod", "key", Optional.of("the fix can't wait"));
    assertThat(rings.show("debian", "prod").moves().getFirst().override())
        .isEqualTo("the fix can't wait");
  }

  private void qualified(Image image) throws Exception {
    String snapshot = current();
    database.useTransaction(handle -> {
      handle.execute(
          "UPDATE image SET qualification = ? WHERE id = ?",
          "{\"kernel\":\"6.1\",\"systemState\":\"running\",\"failedUnits\":[]}",
          image.id());
      handle.execute(
          """
          INSERT INTO update_run (
            image_id, existing_image_id, existing_image_name, snapshot_digest, plan, status,
            attempt, created)
          VALUES (?, 'none', 'none', ?, '{}', 'SUCCEEDED', 1, 1)
          """,
          image.id(),
          snapshot);
    });
  }

  @Test
  void ringsThatCanNotBeAreRefusedWhenTheyAreGiven() throws Exception {
    assertThatThrownBy(() -> rings.add("none", "dev", Optional.empty(), OPEN))
        .hasMessageContaining("regild channel list");
    assertThatThrownBy(() -> rings.add("debian", "Dev!", Optional.empty(), OPEN))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("Dev!");
    assertThatThrownBy(() -> rings.add("debian", "prod", Optional.of("dev"), OPEN))
        .hasMessageContaining("has no ring dev");
    assertThatThrownBy(() -> rings.add("debian", "prod", Optional.of("prod"), OPEN))
        .hasMessageContaining("in a circle: prod from prod");
    assertThatThrownBy(
            () -> rings.add("debian", "dev", Optional.empty(), new Gates(1, Duration.ZERO)))
        .hasMessageContaining("has no gates");
    var _ = rings.add("debian", "dev", Optional.empty(), OPEN);
    var _ = rings.add("debian", "test", Optional.of("dev"), OPEN);
    var _ = rings.add("debian", "prod", Optional.of("test"), OPEN);
    assertThatThrownBy(() -> rings.add("debian", "prod", Optional.of("dev"), OPEN))
        .hasMessageContaining("regild ring set debian prod");
    assertThatThrownBy(() -> rings.change("debian", "test", Optional.of("prod"), gates -> gates))
        .hasMessageContaining("in a circle: test from prod from test");
    assertThatThrownBy(() -> rings.change("debian", "dev", Optional.of("prod"), gates -> gates))
        .hasMessageContaining("follows the repositories");
    assertThatThrownBy(() -> promotions.promote("debian", "dev", "prod", "key", Optional.empty()))
        .hasMessageContaining("is promoted from the ring test, and not from dev");
    assertThatThrownBy(() -> promotions.promote("debian", "prod", "dev", "key", Optional.empty()))
        .hasMessageContaining("nothing is promoted to it");
    assertThatThrownBy(() -> promotions.promote("debian", "test", "prod", "key", Optional.empty()))
        .hasMessageContaining("The ring test of the channel debian has no snapshot yet");
    assertThatThrownBy(() -> rings.remove("debian", "test"))
        .hasMessageContaining("regild ring set debian prod --from RING");
    add("golden", "golden-1", "bash=5.2-1");
    var _ = rings.assign("debian", "prod", OWNER, "golden");
    assertThatThrownBy(() -> rings.remove("debian", "prod"))
        .hasMessageContaining("regild ring unassign debian prod golden");
    assertThatThrownBy(() -> rings.assign("debian", "prod", OWNER, "none"))
        .hasMessageContaining("none");
    database.useTransaction(handle -> handle.execute("UPDATE image SET platform = 'ROCKY_9'"));
    assertThatThrownBy(() -> rings.assign("debian", "dev", OWNER, "golden"))
        .hasMessageContaining("ROCKY_9")
        .hasMessageContaining("is for DEBIAN_12");
  }

  /** Of ten snapshots and random inventories; each promotion's preview is what is judged then. */
  @Test
  void inAThousandRandomPromotionsPreviewAndEffectAreEqual() throws Exception {
    Random random = new Random(42);
    List<String> names = List.of("bash", "dash", "tar", "sed");
    var _ = rings.add("debian", "dev", Optional.empty(), OPEN);
    List<Image> images = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      List<String> packages = new ArrayList<>();
      for (String name : names) {
        if (random.nextBoolean()) {
          packages.add(name + "=" + (1 + random.nextInt(4)));
        }
      }
      images.add(add("line-" + i % 10, "image-" + i, packages.toArray(new String[0])));
    }
    List<String> sources = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      List<String> packages = new ArrayList<>(List.of("snapshot=" + i));
      for (String name : names) {
        if (random.nextInt(4) > 0) {
          packages.add(name + "=" + (1 + random.nextInt(5)));
        }
      }
      offer(packages.toArray(new String[0]));
      sources.add("source-" + i);
      var _ = rings.add("debian", "source-" + i, Optional.of("dev"), OPEN);
      var _ = promotions.promote("debian", "dev", "source-" + i, "key", Optional.empty());
    }
    for (int i = 0; i < 10; i++) {
      var _ = rings.add("debian", "ring-" + i, Optional.of(sources.getFirst()), OPEN);
      var _ = rings.assign("debian", "ring-" + i, OWNER, "line-" + i);
    }
    int all = RandomCases.of(1000);
    int promoted = 0;
    for (int round = 0; promoted < all; round++) {
      List<PromotionPreview> seen = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String ring = "ring-" + i;
        String source = sources.get(random.nextInt(sources.size()));
        var _ = rings.change("debian", ring, Optional.of(source), gates -> gates);
        seen.add(previews.of("debian", source, ring));
        if (!rings
            .show("debian", ring)
            .snapshot()
            .equals(rings.show("debian", source).snapshot())) {
          var _ = promotions.promote("debian", source, ring, "key", Optional.empty());
          promoted++;
        }
      }
      Set<String> before = new HashSet<>(round == 0 ? List.of() : outdated());
      judging.look();
      Set<String> after = new HashSet<>(outdated());
      Set<String> becoming = new HashSet<>();
      seen.forEach(each -> each.becoming().forEach(image -> becoming.add(image.name())));
      Set<String> became = new HashSet<>(after);
      became.removeAll(before);
      assertThat(becoming).isEqualTo(became);
      assertThat(seen.stream().mapToInt(PromotionPreview::outdatedAfter).sum())
          .isEqualTo(after.size());
      assertThat(seen.stream().mapToInt(PromotionPreview::outdated).sum()).isEqualTo(before.size());
    }
    assertThat(promoted).isGreaterThanOrEqualTo(all);
    assertThat(images).hasSize(30);
  }
}
