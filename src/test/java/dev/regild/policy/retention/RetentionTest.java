package dev.regild.policy.retention;

import static dev.regild.policy.PolicyFleet.OWNER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.db.Database;
import dev.regild.disk.layers.DirectoryLayerStore;
import dev.regild.disk.layers.LayerStore;
import dev.regild.event.Events;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.RandomCases;
import dev.regild.fixtures.TestClock;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Bin;
import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.TagRecords;
import dev.regild.image.quota.Quota;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyFleet;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.line.Holds;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionPlan.Act;
import dev.regild.policy.retention.RetentionPlan.Kind;
import dev.regild.update.ImageDeletions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class RetentionTest {
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir Path data;
  private final TestClock clock = new TestClock();
  private final List<String> audit = new ArrayList<>();
  private Database database;
  private PolicyFleet fleet;
  private Retentions retentions;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    fleet = new PolicyFleet(database);
    retentions =
        new Retentions(
            database,
            new Quotas(new QuotaLimits(Map.of(Quota.IMAGES, 1_000_000))),
            this::audit,
            clock);
  }

  private void audit(
      Owner owner, String policy, String operation, List<String> resources, String outcome) {
    assertThat(owner).isEqualTo(OWNER);
    audit.add("%s %s %s %s".formatted(policy, operation, resources, outcome));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private RetentionRule rule(int keep, int days, int deprecated) {
    return new RetentionRule(
        keep, DAY.multipliedBy(days), DAY.multipliedBy(deprecated), DAY.multipliedBy(7));
  }

  /** Adds images golden-1, golden-2, …, a day after each other, the last one now. */
  private List<Image> golden(int count) {
    List<Image> images = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      images.add(
          fleet.add(
              "golden",
              "golden-" + i,
              PolicyFleet.inventory("bash=5.2-" + i),
              clock.instant().minus(DAY.multipliedBy(count - i))));
    }
    return images;
  }

  private List<String> names() {
    return database.read(handle ->
        Lines.members(handle, Lines.require(handle, OWNER, "golden")).stream()
            .map(Lines.Member::name)
            .toList());
  }

  private static List<String> images(Retentions.Preview preview, Kind kind) {
    return preview.plans().stream()
        .flatMap(plan -> plan.acts().stream())
        .filter(act -> act.kind() == kind)
        .map(Act::image)
        .toList();
  }

  @Test
  void imagesAreDeprecatedThenDeletedAndCanBeRestored() {
    List<Image> images = golden(5);
    retentions.set(OWNER, "golden", rule(2, 3, 10), true);

    Retentions.Preview first = retentions.preview(OWNER, Optional.of("golden"));
    assertThat(images(first, Kind.DEPRECATE)).containsExactly("golden-2", "golden-1");
    assertThat(images(first, Kind.DELETE)).isEmpty();
    assertThat(first.bytes()).isZero();
    retentions.runAll();
    assertThat(images(retentions.preview(OWNER, Optional.empty()), Kind.DEPRECATE)).isEmpty();

    clock.advance(DAY.multipliedBy(9));
    assertThat(images(retentions.preview(OWNER, Optional.empty()), Kind.DELETE)).isEmpty();
    clock.advance(DAY);
    Retentions.Preview due = retentions.preview(OWNER, Optional.empty());
    assertThat(images(due, Kind.DELETE)).containsExactly("golden-2", "golden-1");
    assertThat(images(due, Kind.DEPRECATE)).containsExactly("golden-3");
    assertThat(due.bytes()).isEqualTo(2000);
    assertThatThrownBy(
            () -> retentions.run(OWNER, Optional.of("golden"), Optional.of(first.id()), "key"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(first.id())
        .hasMessageContaining("regild retention preview");
    assertThat(names()).hasSize(5);
    Retentions.Outcome outcome =
        retentions.run(OWNER, Optional.of("golden"), Optional.of(due.id()), "key");
    assertThat(outcome.done().getFirst().acts()).isEqualTo(due.plans().getFirst().acts());
    assertThat(outcome.left()).isEmpty();
    assertThat(names()).containsExactly("golden-5", "golden-4", "golden-3");
    assertThat(retentions.deleted(OWNER)).extracting(each -> each.name()).hasSize(2);
    assertThat(audit)
        .contains(
            "retention/golden DeleteImage [rule: keep 2 images and 3 days, deprecate for 10 days, undo for 7 days, plan %s, golden-2, golden-1] ok"
                .formatted(due.id()));
    assertThat(events()).contains("IMAGE_DEPRECATED golden-1", "IMAGE_DELETED golden-1");

    Image restored = retentions.undo(OWNER, "golden-1");
    assertThat(restored).isEqualTo(images.getFirst());
    assertThat(names()).contains("golden-1");
    clock.advance(DAY.multipliedBy(30));
    retentions.runAll();
    clock.advance(DAY.multipliedBy(30));
    retentions.runAll();
    assertThat(names()).as("restored for good").contains("golden-1");
    assertThatThrownBy(() -> retentions.undo(OWNER, "golden-1"))
        .hasMessageContaining("regild retention deleted");
  }

  private List<String> events() {
    return database.read(handle ->
        Events.after(handle, OWNER.accountId(), OWNER.region(), 0, 1000).stream()
            .map(each -> each.event().type() + " " + each.event().subject())
            .toList());
  }

  @Test
  void nothingIsDeletedInThePlaceOfAnImageThatHasJustGone() {
    List<Image> images = golden(3);
    List<RetentionPolicy> policies = List.of(retentions.set(OWNER, "golden", rule(1, 0, 0), true));
    Retentions.Preview preview = retentions.preview(OWNER, Optional.empty());
    assertThat(images(preview, Kind.DELETE)).containsExactly("golden-2", "golden-1");
    database.useTransaction(handle -> {
      Image deleting = Images.startDeleting(handle, images.getLast());
      assertThat(deleting.state()).isEqualTo(ImageState.DELETING);
    });
    Retentions.Outcome outcome = retentions.carryOut(policies, preview, "key", clock.instant());
    assertThat(outcome.done().getFirst().acts()).isEmpty();
    assertThat(outcome.left())
        .extracting(RetentionPlan.Kept::image)
        .containsExactly("golden-2", "golden-1");
    assertThat(names()).contains("golden-2", "golden-1");
    retentions.runAll();
    assertThat(names()).contains("golden-2").doesNotContain("golden-1");
  }

  @Test
  void aSuspendedAccountKeepsItsImages() throws Exception {
    golden(3);
    retentions.set(OWNER, "golden", rule(2, 0, 0), true);
    retentions.runAll();
    assertThat(names()).doesNotContain("golden-1");
    database.useTransaction(handle ->
        handle.execute(
            "INSERT INTO account (id, name, status, created) VALUES (?, 'owner', 'SUSPENDED', 0)",
            OWNER.accountId()));
    fleet.add("golden", "golden-4", PolicyFleet.inventory("bash=5.2-4"), clock.instant());
    clock.advance(DAY.multipliedBy(30));
    retentions.runAll();
    assertThat(names()).contains("golden-2");
    assertThat(
            database.<List<Bin.Binned>, RuntimeException>read(
                handle -> Bin.ended(handle, clock.instant(), 10)))
        .as("it can't undo a deletion now")
        .isEmpty();
    database.useTransaction(handle -> handle.execute("UPDATE account SET status = 'ACTIVE'"));
    assertThat(
            database.<List<Bin.Binned>, RuntimeException>read(
                handle -> Bin.ended(handle, clock.instant(), 10)))
        .hasSize(1);
    retentions.runAll();
    assertThat(names()).doesNotContain("golden-2");
  }

  @Test
  void ofTwoRunsOneDeprecates() {
    golden(2);
    List<RetentionPolicy> policies = List.of(retentions.set(OWNER, "golden", rule(1, 0, 5), true));
    Retentions.Preview preview = retentions.preview(OWNER, Optional.empty());
    assertThat(retentions.carryOut(policies, preview, "a", clock.instant()).left()).isEmpty();
    Retentions.Outcome later = retentions.carryOut(policies, preview, "b", clock.instant());
    assertThat(later.left())
        .containsExactly(new RetentionPlan.Kept("golden-1", "another run was faster"));
    assertThat(events()).containsOnlyOnce("IMAGE_DEPRECATED golden-1");
  }

  @Test
  void aDeletedImageIsSeenByNobodyAndItsNameIsFree() {
    Image old = golden(2).getFirst();
    database.useTransaction(handle -> TagRecords.put(handle, old.arn(), Map.of("team", "desktop")));
    long count = database.read(handle -> Images.count(handle, OWNER));
    retentions.set(OWNER, "golden", rule(1, 0, 0), true);
    retentions.runAll();
    database.useTransaction(handle -> {
      assertThat(Images.find(handle, OWNER, "golden-1")).isEmpty();
      assertThat(Images.findByArn(handle, old.arn())).isEmpty();
      assertThat(Images.sees(handle, OWNER, "golden-1")).isFalse();
      assertThat(Images.count(handle, OWNER)).isEqualTo(count - 1);
      assertThat(TagRecords.list(handle, old.arn())).isEmpty();
    });
    fleet.add("other", "golden-1", PolicyFleet.inventory("bash=1"), clock.instant());
    assertThatThrownBy(() -> retentions.undo(OWNER, "golden-1"))
        .hasMessageContaining("already exists by now. Delete that one");
    database.useTransaction(handle ->
        handle.execute(
            "UPDATE image SET name = 'moved' WHERE name = 'golden-1' AND account_id = ?",
            OWNER.accountId()));
    assertThat(retentions.undo(OWNER, "golden-1").arn()).isEqualTo(old.arn());
    database.useTransaction(handle -> {
      assertThat(TagRecords.list(handle, old.arn()))
          .containsEntry("team", "desktop")
          .containsEntry(Holds.TAG, "restored");
      assertThat(Images.count(handle, OWNER)).isEqualTo(count + 1);
    });
  }

  @Test
  void theFilesGoWhenTheTimeHasPassedAndSharedLayersStay() throws Exception {
    LayerStore layers = new DirectoryLayerStore(data);
    List<String> chain =
        database.inTransaction(handle -> {
          String digest = new Inventories(database).store(handle, PolicyFleet.inventory("bash=1"));
          String base = PolicyFleet.layer(handle, null, 100);
          String shared = PolicyFleet.layer(handle, base, 20);
          String top = PolicyFleet.layer(handle, shared, 3);
          String own = PolicyFleet.layer(handle, shared, 5);
          Instant day = clock.instant().minus(DAY);
          Image first = PolicyFleet.insert(handle, OWNER, "golden-1", digest, shared, null, day);
          Line line = Lines.add(handle, OWNER, "golden", first, day);
          PolicyFleet.insert(handle, OWNER, "copy", digest, top, null, day);
          Image second =
              PolicyFleet.insert(handle, OWNER, "golden-2", digest, top, first, day.plusSeconds(1));
          Image third =
              PolicyFleet.insert(
                  handle, OWNER, "golden-3", digest, own, second, day.plusSeconds(2));
          Image fourth =
              PolicyFleet.insert(
                  handle, OWNER, "golden-4", digest, base, third, day.plusSeconds(3));
          for (Image each : List.of(second, third, fourth)) {
            handle.execute("INSERT INTO line_image VALUES (?, ?)", each.id(), line.id());
          }
          return List.of(base, shared, top, own);
        });
    retentions.set(OWNER, "golden", rule(1, 0, 0), true);
    assertThat(retentions.preview(OWNER, Optional.empty()).bytes())
        .as("the copy keeps all but golden-3's own layer")
        .isEqualTo(5);
    retentions.runAll();
    RetentionWork work =
        new RetentionWork(
            database, retentions, new ImageDeletions(database, layers, Runnable::run), clock);
    work.purge();
    assertThat(layers()).containsAll(chain);
    clock.advance(DAY.multipliedBy(7));
    work.carryOut();
    assertThat(layers())
        .contains(chain.get(0), chain.get(1), chain.get(2))
        .doesNotContain(chain.get(3));
    assertThat(retentions.deleted(OWNER)).isEmpty();
    assertThat(
            database.<List<String>, RuntimeException>read(handle ->
                handle
                    .createQuery("SELECT DISTINCT account_id FROM event")
                    .mapTo(String.class)
                    .list()))
        .as("nobody is told a second time")
        .containsExactly(OWNER.accountId());
    assertThat(
            database.<Long, RuntimeException>read(
                handle -> handle.createQuery("SELECT COUNT(*) FROM image").mapTo(Long.class).one()))
        .isEqualTo(2);
  }

  private Set<String> layers() {
    return database.read(handle ->
        new HashSet<>(LayerRecords.list(handle).stream().map(each -> each.id()).toList()));
  }

  @Test
  void badPoliciesAreRefusedWhenTheyAreGiven() {
    golden(1);
    assertThatThrownBy(() -> rule(0, 0, 0))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("--keep");
    assertThatThrownBy(() -> rule(1, -1, 0)).hasMessageContaining("-1 days");
    assertThatThrownBy(() -> new RetentionRule(1, DAY, DAY, DAY.multipliedBy(366)))
        .hasMessageContaining("366 days")
        .hasMessageContaining("0 to 365");
    assertThatThrownBy(() -> retentions.set(OWNER, "none", rule(1, 0, 0), true))
        .hasMessageContaining("regild line add");
    assertThatThrownBy(() -> retentions.preview(OWNER, Optional.of("golden")))
        .hasMessageContaining("regild retention set golden --keep 3");
  }

  /** A line, and what a model says of it. */
  private static final class History {
    private final RetentionRule rule;
    private final List<Image> images = new ArrayList<>();
    private final Map<String, String> held = new HashMap<>();
    private final Set<String> failed = new HashSet<>();

    History(RetentionRule rule) {
      this.rule = rule;
    }
  }

  /**
   * What the registry has of all lines: the images that are there, and those that are deprecated.
   */
  private record State(Set<String> present, Set<String> deprecated) {}

  private State state() {
    return database.read(handle ->
        new State(
            new HashSet<>(
                handle
                    .createQuery("SELECT id FROM image WHERE account_id = :account")
                    .bind("account", OWNER.accountId())
                    .mapTo(String.class)
                    .list()),
            new HashSet<>(
                handle
                    .createQuery("SELECT image_id FROM deprecated_image")
                    .mapTo(String.class)
                    .list())));
  }

  @Test
  void inAThousandRandomHistoriesPreviewAndEffectAreEqualAndNothingHeldIsDeleted() {
    Random random = new Random(20_260_301);
    Map<String, History> histories = new HashMap<>();
    String inventory =
        database.inTransaction(
            handle -> new Inventories(database).store(handle, PolicyFleet.inventory("bash=1")));
    String layer = database.inTransaction(handle -> PolicyFleet.layer(handle, null, 1));
    int all = RandomCases.of(1000);
    for (int i = 0; i < all; i++) {
      histories.put(
          "line-" + i,
          new History(rule(1 + random.nextInt(3), random.nextInt(4), random.nextInt(3))));
    }
    for (int round = 0; round < 2; round++) {
      database.useTransaction(handle ->
          histories.forEach(
              (line, history) -> live(handle, random, line, history, inventory, layer)));
      if (round == 0) {
        database.useTransaction(handle ->
            histories.forEach((line, history) ->
                RetentionRecords.put(
                    handle,
                    Lines.require(handle, OWNER, line),
                    history.rule,
                    true,
                    clock.instant())));
      }
      State before = state();
      Retentions.Preview preview = retentions.preview(OWNER, Optional.empty());
      Retentions.Outcome outcome =
          retentions.run(OWNER, Optional.empty(), Optional.of(preview.id()), "key");
      assertThat(outcome.left()).isEmpty();
      State after = state();
      verify(preview, before, after);
      histories.values().forEach(history -> verify(history, before, after));
      assertThat(retentions.preview(OWNER, Optional.empty()).plans())
          .as("nothing is left to do")
          .allSatisfy(plan -> assertThat(plan.acts()).isEmpty());
      clock.advance(DAY.multipliedBy(1 + random.nextInt(3)));
    }
  }

  private void live(
      Handle handle, Random random, String line, History history, String inventory, String layer) {
    int more = (history.images.isEmpty() ? 1 : 0) + random.nextInt(4);
    for (int i = 0; i < more; i++) {
      Instant created = clock.instant().minus(DAY.multipliedBy(random.nextInt(8))).plusMillis(i);
      Image image =
          PolicyFleet.insert(
              handle,
              OWNER,
              line + "-" + history.images.size(),
              inventory,
              layer,
              history.images.isEmpty() ? null : history.images.getLast(),
              created);
      if (history.images.isEmpty()) {
        Line _ = Lines.add(handle, OWNER, line, image, created);
      } else {
        handle.execute(
            "INSERT INTO line_image SELECT ?, id FROM line WHERE name = ?", image.id(), line);
      }
      history.images.add(image);
      if (random.nextInt(8) == 0) {
        handle.execute("UPDATE image SET state = 'FAILED' WHERE id = ?", image.id());
        history.failed.add(image.id());
      }
    }
    for (Image image : history.images) {
      boolean present =
          Images.find(handle, OWNER, image.name())
              .filter(it -> it.id().equals(image.id()))
              .isPresent();
      if (!present) {
        continue;
      }
      String hold = history.held.get(image.id());
      if (hold != null && random.nextInt(3) == 0) {
        release(handle, hold, image, line);
        history.held.remove(image.id());
      } else if (hold == null && random.nextInt(4) == 0) {
        // An alias names no image that FAILED.
        String kind =
            List.of("share", "tag", "job", "alias")
                .get(random.nextInt(history.failed.contains(image.id()) ? 3 : 4));
        hold(handle, kind, image, line);
        history.held.put(image.id(), kind);
      }
    }
  }

  private void hold(Handle handle, String kind, Image image, String line) {
    switch (kind) {
      case "alias" ->
          Aliases.set(handle, OWNER, alias(line, image), image.name(), "key", clock.instant());
      case "share" -> ImageShares.put(handle, image, "222222222222", ImagePermissions.ALL);
      case "tag" -> TagRecords.put(handle, image.arn(), Map.of(Holds.TAG, ""));
      default ->
          handle.execute(
              "INSERT INTO image_copy (image_id, source_image_id) VALUES (?, ?)",
              image.id(),
              image.id());
    }
  }

  private void release(Handle handle, String kind, Image image, String line) {
    switch (kind) {
      case "alias" -> Aliases.remove(handle, OWNER, alias(line, image), "key", clock.instant());
      case "share" -> assertThat(ImageShares.remove(handle, image, "222222222222")).isTrue();
      case "tag" -> TagRecords.remove(handle, image.arn(), List.of(Holds.TAG));
      default -> handle.execute("DELETE FROM image_copy WHERE image_id = ?", image.id());
    }
  }

  private static AliasName alias(String line, Image image) {
    return AliasName.parse(line + "/a" + image.name().substring(line.length()));
  }

  private static void verify(Retentions.Preview preview, State before, State after) {
    Set<String> deleted = new HashSet<>(before.present);
    deleted.removeAll(after.present);
    Set<String> deprecated = new HashSet<>(after.deprecated);
    deprecated.removeAll(before.deprecated);
    Set<String> undeprecated = new HashSet<>(before.deprecated);
    undeprecated.removeAll(after.deprecated);
    assertThat(ids(preview, Kind.DELETE)).isEqualTo(deleted);
    assertThat(ids(preview, Kind.DEPRECATE)).isEqualTo(deprecated);
    assertThat(ids(preview, Kind.UNDEPRECATE)).isEqualTo(undeprecated);
  }

  private static Set<String> ids(Retentions.Preview preview, Kind kind) {
    Set<String> ids = new HashSet<>();
    preview.plans().forEach(plan -> ids.addAll(plan.images(kind)));
    return ids;
  }

  private void verify(History history, State before, State after) {
    List<Image> newestFirst =
        history.images.stream()
            .filter(image -> before.present.contains(image.id()))
            .sorted((a, b) -> {
              int order = b.created().compareTo(a.created());
              return order == 0 ? b.id().compareTo(a.id()) : order;
            })
            .toList();
    int newer = 0;
    for (Image image : newestFirst) {
      boolean failed = history.failed.contains(image.id());
      boolean among = !failed && newer < history.rule.keepImages();
      newer += failed ? 0 : 1;
      boolean young = image.created().plus(history.rule.keepAge()).isAfter(clock.instant());
      if (history.held.containsKey(image.id()) || among || young) {
        assertThat(after.present).contains(image.id());
        assertThat(after.deprecated).doesNotContain(image.id());
      } else if (history.rule.deprecated().isZero()) {
        assertThat(after.present).doesNotContain(image.id());
      } else {
        assertThat(after.deprecated.contains(image.id()) || !after.present.contains(image.id()))
            .isTrue();
      }
    }
  }
}
