package dev.regild.policy.revocation;

import static dev.regild.policy.PolicyFleet.OWNER;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.db.Database;
import dev.regild.event.Events;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.RandomCases;
import dev.regild.fixtures.TestClock;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Image;
import dev.regild.image.ImagePermissions;
import dev.regild.image.ImageShares;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.image.RefusedException;
import dev.regild.image.RevokedImages;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.PolicyFleet;
import dev.regild.policy.revocation.Revocation.Affected;
import dev.regild.policy.revocation.Revocation.Listed;
import dev.regild.policy.revocation.Revocation.Relation;
import dev.regild.policy.revocation.Revocation.Subject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.assertj.core.groups.Tuple;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class RevocationTest {
  private static final Owner ELSEWHERE = new Owner(OWNER.accountId(), "us-east-1");

  @TempDir Path data;
  private final TestClock clock = new TestClock();
  private final List<String> audit = new ArrayList<>();
  private final Map<String, String> layers = new HashMap<>();
  private Database database;
  private Revocations revocations;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(data.resolve("regild.db"));
    revocations =
        new Revocations(
            database,
            (_, policy, operation, resources, outcome) ->
                audit.add("%s %s %s %s".formatted(policy, operation, resources, outcome)),
            clock);
  }

  @AfterEach
  void close() {
    database.close();
  }

  /** Adds an image on a layer of its own, on top of that of the image before. */
  private Image add(String name, @Nullable Image before, String... packages) {
    return database.inTransaction(handle -> {
      String digest = new Inventories(database).store(handle, PolicyFleet.inventory(packages));
      String below = before == null ? null : layers.get(before.id());
      String layer = PolicyFleet.layer(handle, below, 10);
      Image image = PolicyFleet.insert(handle, OWNER, name, digest, layer, before, clock.instant());
      layers.put(image.id(), layer);
      return image;
    });
  }

  private Image copy(Image source, Owner to, String name) {
    return database.inTransaction(handle -> {
      String digest = source.disk().orElseThrow().inventory();
      String layer = layers.get(source.id());
      Image copy = PolicyFleet.insert(handle, to, name, digest, layer, null, clock.instant());
      layers.put(copy.id(), layer);
      return copy;
    });
  }

  private static List<Tuple> told(List<Listed> listed) {
    return listed.stream()
        .map(Listed::affected)
        .map(each -> tuple(each.name(), each.relation(), each.cause()))
        .toList();
  }

  @Test
  void aRevocationThatIsBoundToAPreviewMarksThatAndNothingElse() {
    Image golden = add("golden", null, "bash=5.2-1");
    Subject subject = revocations.image(OWNER, "golden");
    Optional<String> seen =
        Optional.of(revocations.preview(OWNER, subject, true, "stolen key").plan());
    Image second = add("golden-2", golden, "bash=5.2-2");
    assertThatThrownBy(() -> revocations.revoke(OWNER, subject, true, "stolen key", "AKIA1", seen))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("The images to be marked have changed since the preview");
    assertThat(revocations.list(OWNER)).isEmpty();
    assertThat(reason(golden)).isEmpty();

    Optional<String> next =
        Optional.of(revocations.preview(OWNER, subject, true, "stolen key").plan());
    var _ = revocations.revoke(OWNER, subject, true, "stolen key", "AKIA1", next);
    assertThat(reason(second)).isPresent();
  }

  @Test
  void anImageIsRevokedWithItsUpdatesAndCopiesAndThatIsUndone() {
    Image golden = add("golden", null, "bash=5.2-1");
    Image second = add("golden-2", golden, "bash=5.2-2");
    Image other = add("other", null, "bash=5.2-1");
    Image copy = copy(second, ELSEWHERE, "golden-2");
    database.useTransaction(handle -> {
      ImageShares.put(handle, second, "222222222222", ImagePermissions.ALL);
      handle.execute(
          """
          INSERT INTO export_task VALUES
            ('task', ?, ?, ?, 'arn', 'out', NULL, 'ami-1', '{}', 'COMPLETED', NULL, 1)
          """,
          OWNER.accountId(),
          OWNER.region(),
          golden.id());
    });

    Subject subject = revocations.image(OWNER, "golden");
    List<Tuple> expected =
        List.of(
            tuple("golden", Relation.NAMED, "golden"),
            tuple("golden-2", Relation.DESCENDANT, "golden"),
            tuple("golden-2", Relation.COPY, "golden-2"));
    assertThat(told(revocations.preview(OWNER, subject, true, "stolen key").images()))
        .containsExactlyInAnyOrderElementsOf(expected);
    assertThat(reason(golden)).isEmpty();

    Revocations.Details made = revocations.revoke(OWNER, subject, true, "stolen key", "AKIA1");
    assertThat(told(made.images())).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(made.images())
        .filteredOn(each -> each.affected().imageId().equals(second.id()))
        .singleElement()
        .extracting(Listed::shares)
        .isEqualTo(List.of("222222222222"));
    assertThat(made.images())
        .filteredOn(each -> each.affected().imageId().equals(golden.id()))
        .singleElement()
        .satisfies(each -> assertThat(each.exports()).hasSize(1));
    for (Image each : List.of(golden, second, copy)) {
      assertThat(reason(each)).contains("Revoked on 2026-03-01: stolen key");
      assertThatThrownBy(() ->
              database.useTransaction(
                  handle -> RevokedImages.requireNone(handle, read(handle, each))))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("stolen key")
          .hasMessageContaining("regild revocation undo " + made.revocation().id());
    }
    assertThat(reason(other)).isEmpty();
    Image begun = copy(second, ELSEWHERE, "begun");
    database.useTransaction(handle -> RevokedImages.follow(handle, second, begun));
    assertThat(reason(begun)).as("a copy of a revoked image").isPresent();
    assertThat(events(OWNER))
        .containsExactlyInAnyOrder("IMAGE_REVOKED golden", "IMAGE_REVOKED golden-2");
    assertThat(events(ELSEWHERE)).as("where the copy is").containsExactly("IMAGE_REVOKED golden-2");

    assertThat(revocations.undo(OWNER, made.revocation().id(), "AKIA1").undone()).isPresent();
    assertThat(reason(golden)).isEmpty();
    assertThat(revocations.list(OWNER))
        .singleElement()
        .extracting(Revocations.Counted::images)
        .isEqualTo(4);
    assertThatThrownBy(() -> revocations.undo(OWNER, made.revocation().id(), "AKIA1"))
        .hasMessageContaining("is undone already");
    assertThatThrownBy(() -> revocations.undo(ELSEWHERE, made.revocation().id(), "AKIA1"))
        .hasMessageContaining("regild revocation list");
  }

  private List<String> events(Owner owner) {
    return database.read(handle ->
        Events.after(handle, owner.accountId(), owner.region(), 0, 10).stream()
            .map(each -> each.event().type() + " " + each.event().subject())
            .toList());
  }

  private Optional<String> reason(Image image) {
    return database.read(
        handle -> RevokedImages.find(handle, read(handle, image)).map(RevokedImages.Revoked::text));
  }

  private static Image read(Handle handle, Image image) {
    return Images.require(handle, image.owner(), image.name());
  }

  @Test
  void versionsAreComparedInTheOrderOfThePackageSystem() {
    add("before", null, "xz-utils=5.6.0~rc1-1");
    Image first = add("first", null, "xz-utils=5.6.0-0.1");
    add("last", null, "xz-utils=1:5.6.1-1");
    add("after", null, "xz-utils=5.6.1+really5.4.5-1");
    add("ten", null, "xz-utils=5.10.0-1");
    add("none", null, "bash=5.6.1");
    add("library", null, "liblzma5=5.6.1-1+b1@xz-utils=5.6.1-1");
    add("fixed", first, "xz-utils=5.6.2-1");
    Subject subject = Revocations.ofPackage("xz-utils", Optional.of("5.6.0..5.6.1"));
    assertThat(told(revocations.preview(OWNER, subject, false, "CVE-2024-3094").images()))
        .containsExactlyInAnyOrder(
            tuple("first", Relation.PACKAGE, "xz-utils 5.6.0-0.1"),
            tuple("last", Relation.PACKAGE, "xz-utils 1:5.6.1-1"),
            tuple("library", Relation.PACKAGE, "liblzma5 5.6.1-1+b1"));
    assertThat(told(revocations.preview(OWNER, subject, true, "CVE-2024-3094").images()))
        .contains(tuple("fixed", Relation.DESCENDANT, "first"));
    assertThat(
            revocations
                .preview(OWNER, Revocations.ofPackage("xz-utils", Optional.empty()), false, "all")
                .images())
        .hasSize(7);
  }

  @Test
  void imagesThatComeLaterAreMarkedAndAnUpdateWhoseBaseWasDeletedIsFound() {
    Image golden = add("golden", null, "xz-utils=5.6.1-1");
    Image second = add("golden-2", golden, "bash=1");
    Image third = add("golden-3", second, "bash=2");
    database.useTransaction(
        handle -> Images.remove(handle, Images.transition(handle, second, ImageState.DELETING)));
    Revocations.Details made =
        revocations.revoke(
            OWNER,
            Revocations.ofPackage("xz-utils", Optional.of("5.6.1")),
            true,
            "CVE-2024-3094",
            "AKIA1");
    assertThat(made.images())
        .extracting(each -> each.affected().imageId())
        .containsExactlyInAnyOrder(golden.id(), third.id());
    revocations.markNew();
    assertThat(audit).isEmpty();

    Image imported = add("imported", null, "xz-utils=5.6.1-2");
    revocations.markNew();
    assertThat(reason(imported)).isPresent();
    String id = made.revocation().id();
    assertThat(audit)
        .containsExactly(
            "revocation/%1$s RevokeImage [rule: xz-utils 5.6.1, plan %1$s, imported] ok"
                .formatted(id));
    var _ = revocations.undo(OWNER, made.revocation().id(), "AKIA1");
    Image late = add("late", null, "xz-utils=5.6.1-3");
    revocations.markNew();
    assertThat(reason(late)).isEmpty();
  }

  @Test
  void whatCanNotBeRevokedIsRefusedWhenItIsGiven() {
    add("golden", null, "bash=1");
    assertThatThrownBy(() -> revocations.image(OWNER, "none")).hasMessageContaining("none");
    assertThatThrownBy(() -> Revocations.ofPackage("xz-utils", Optional.of("..")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("5.6.0..5.6.1");
    assertThatThrownBy(() -> Revocations.ofPackage("xz-utils", Optional.of("5.6.1..5.6.0")))
        .hasMessageContaining("5.6.1..5.6.0")
        .hasMessageContaining("lower version first");
    Subject golden = revocations.image(OWNER, "golden");
    assertThatThrownBy(() -> revocations.revoke(OWNER, golden, true, " ", "AKIA1"))
        .hasMessageContaining("--reason");
  }

  /** The model follows every edge; the finder follows the ids and layers of the registry. */
  @Test
  void inAThousandRandomFamiliesPreviewAndEffectAreEqualAndNobodyElseIsMarked() {
    Random random = new Random(17);
    Map<String, Set<String>> families = new HashMap<>();
    Map<String, Image> roots = new HashMap<>();
    int all = RandomCases.of(1000);
    database.useTransaction(handle -> {
      String digest = new Inventories(database).store(handle, PolicyFleet.inventory("bash=1"));
      for (int i = 0; i < all; i++) {
        List<Image> made = new ArrayList<>();
        Map<String, String> layerOf = new HashMap<>();
        Map<String, Set<String>> below = new HashMap<>();
        for (int j = 0; j < 2 + random.nextInt(5); j++) {
          Image from = made.isEmpty() ? null : made.get(random.nextInt(made.size()));
          boolean isCopy = from != null && random.nextInt(4) == 0;
          String layer =
              isCopy
                  ? layerOf.get(from.id())
                  : PolicyFleet.layer(handle, from == null ? null : layerOf.get(from.id()), 1);
          Image image =
              PolicyFleet.insert(
                  handle,
                  isCopy ? ELSEWHERE : OWNER,
                  "f%d-%d".formatted(i, j),
                  digest,
                  requireNonNull(layer),
                  isCopy ? null : from,
                  clock.instant());
          layerOf.put(image.id(), layer);
          made.add(image);
          below.put(image.id(), new HashSet<>(Set.of(image.id())));
          if (from != null) {
            below.values().stream()
                .filter(set -> set.contains(from.id()))
                .toList()
                .forEach(set -> set.add(image.id()));
            if (isCopy) {
              // A copy is no better than its source, and the source no better than its copy.
              below.get(image.id()).addAll(below.get(from.id()));
            }
          }
        }
        Image root = made.getFirst();
        roots.put(root.id(), root);
        families.put(root.id(), below.get(root.id()));
      }
    });
    roots.forEach((id, root) -> {
      Subject subject = new Subject.OfImage(id, root.name());
      Set<String> preview = ids(revocations.preview(OWNER, subject, true, "test").images());
      assertThat(preview).isEqualTo(families.get(id));
    });
    List<String> some = roots.keySet().stream().limit(100).toList();
    Set<String> marked = new HashSet<>();
    for (String id : some) {
      Image root = roots.get(id);
      Subject subject = new Subject.OfImage(id, requireNonNull(root).name());
      assertThat(ids(revocations.revoke(OWNER, subject, true, "test", "key").images()))
          .isEqualTo(families.get(id));
      marked.addAll(families.getOrDefault(id, Set.of()));
    }
    assertThat(
            database.<List<String>, RuntimeException>read(handle ->
                handle
                    .createQuery("SELECT image_id FROM revoked_image")
                    .mapTo(String.class)
                    .list()))
        .containsExactlyInAnyOrderElementsOf(marked);
  }

  private static Set<String> ids(List<Listed> listed) {
    return new HashSet<>(listed.stream().map(Listed::affected).map(Affected::imageId).toList());
  }
}
