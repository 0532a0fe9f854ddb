package dev.regild.image;

import static dev.regild.image.Registry.ALICE;
import static dev.regild.image.Registry.BOB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.ImageQuery.PageKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class ImagePageTest {
  private static final Owner EVERYONE = Owner.everyone(ALICE.region());

  @TempDir Path directory;
  @AutoClose private Registry registry;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
    registry.available(ALICE, "own");
    registry.available(BOB, "foreign");
    Image shared = registry.available(BOB, "shared");
    registry.database.useTransaction(
        h -> ImageShares.put(h, shared, ALICE.accountId(), new ImagePermissions(true, false)));
    registry.available(new Owner(ALICE.accountId(), "us-east-1"), "elsewhere");
    makePublic(registry.available(EVERYONE, "native"));
  }

  @Test
  void aViewerSeesItsOwnTheSharedAndThePublicImagesOfItsRegion() {
    assertThat(names(Optional.empty())).containsExactly("native", "own", "shared");
    assertThat(names(Optional.of(Visibility.PRIVATE))).containsExactly("own");
    assertThat(names(Optional.of(Visibility.SHARED))).containsExactly("shared");
    assertThat(names(Optional.of(Visibility.PUBLIC))).containsExactly("native");
  }

  @Test
  void whatIsAskedForByNameOrArnMustBeVisibleToo() {
    assertThat(query(List.of("own", "foreign", "x' OR 1=1 --"), List.of())).containsExactly("own");
    String own = Arn.ofImage(ALICE, "own").toString();
    String foreign = Arn.ofImage(BOB, "foreign").toString();
    String shared = Arn.ofImage(BOB, "shared").toString();
    String open = Arn.ofImage(EVERYONE, "native").toString();
    assertThat(query(List.of(), List.of(own, foreign, shared, open)))
        .containsExactly("native", "own", "shared");
    assertThat(query(List.of("own"), List.of(shared))).isEmpty();
    assertThat(query(List.of(), List.of("no arn"))).isEmpty();
    assertThat(query(List.of(), List.of("no arn", own))).containsExactly("own");
  }

  @Test
  void whoSharesSeesIt() {
    Image shared = registry.read(h -> Images.require(h, BOB, "shared"));
    assertThat(shared.sharing().withOthers()).isTrue();
    assertThat(
            registry.<SortedMap<String, ImagePermissions>>read(
                h -> ImageShares.page(h, shared, List.of(), Optional.empty(), 5)))
        .containsEntry(ALICE.accountId(), new ImagePermissions(true, false));
    assertThat(
            registry.<Optional<ImagePermissions>>read(
                h -> ImageShares.find(h, shared, BOB.accountId())))
        .isEmpty();
    registry.write(h -> ImageShares.remove(h, shared, ALICE.accountId()));
    assertThat(names(Optional.of(Visibility.SHARED))).isEmpty();
  }

  @Test
  void pagesHoldEveryImageOnceEvenWhileImagesComeAndGo() {
    for (int i = 0; i < 30; i++) {
      registry.available(ALICE, "image-%02d".formatted(i));
    }
    registry.available(EVERYONE, "image-07");
    makePublic(registry.read(h -> Images.require(h, EVERYONE, "image-07")));
    List<String> seen = new ArrayList<>();
    Optional<PageKey> after = Optional.empty();
    do {
      Optional<PageKey> from = after;
      List<Image> page = registry.read(h -> Images.page(h, ImageQuery.all(ALICE, from, 5)));
      page.forEach(image -> seen.add(image.name()));
      after = page.isEmpty() ? Optional.empty() : Optional.of(PageKey.of(page.getLast()));
      // With an offset, the deleted one would hide one of the next page.
      page.stream().filter(image -> image.name().endsWith("3")).forEach(this::delete);
    } while (after.isPresent());
    assertThat(seen).hasSize(34).isSorted();
    assertThat(seen.stream().filter("image-07"::equals)).hasSize(2);
  }

  /** The locale of the PostgreSQL that tests run on would order them in another way. */
  @Test
  void pagesGoByCodePoint() {
    List<String> made = List.of("aa", "a-1", "B", "a.1", "Z", "A-1", "b", "a_1", "1", "ab", "AA");
    made.forEach(name -> registry.available(ALICE, name));
    List<String> seen = new ArrayList<>();
    Optional<PageKey> after = Optional.empty();
    do {
      Optional<PageKey> from = after;
      List<Image> page = registry.read(h -> Images.page(h, ImageQuery.all(ALICE, from, 2)));
      page.forEach(image -> seen.add(image.name()));
      after = page.isEmpty() ? Optional.empty() : Optional.of(PageKey.of(page.getLast()));
    } while (after.isPresent());
    assertThat(seen).isSorted().containsAll(made);
  }

  @Test
  void aPageIsReadFromTheIndexesByKeyWithoutSortingWhatComesBeforeOrAfter() {
    assumeFalse(TestDatabases.isPostgres(), "the plan is in SQLite's words");
    var page = ImageQuery.all(ALICE, Optional.of(new PageKey("image-4000", "x")), 25);
    List<String> steps = registry.read(h -> ImagePage.steps(h, page));
    assertThat(steps)
        .anyMatch(step ->
            step.matches("SEARCH image USING .*\\(account_id=\\? AND region=\\? AND name>.*"))
        .anyMatch(step ->
            step.matches(
                "SEARCH image_share USING .*image_share_by_key \\(account_id=\\? AND region=\\? AND"
                    + " .*name.*>.*"))
        .noneMatch(step -> step.startsWith("SCAN image"));
    // The one sort is that of the three pages together.
    assertThat(steps.stream().filter(step -> step.contains("TEMP B-TREE"))).hasSizeLessThan(2);
  }

  @Test
  void aThousandArnsAreOneQuery() {
    List<String> arns = new ArrayList<>();
    for (int i = 0; i < 999; i++) {
      arns.add(Arn.ofImage(BOB, "image-" + i).toString());
    }
    arns.add(Arn.ofImage(BOB, "shared").toString());
    assertThat(query(List.of(), arns)).containsExactly("shared");
  }

  private void delete(Image image) {
    registry.write(h -> Images.remove(h, Images.startDeleting(h, image)));
  }

  private void makePublic(Image image) {
    registry.database.useTransaction(
        h -> h.execute("UPDATE image SET visibility = 'PUBLIC' WHERE id = ?", image.id()));
  }

  private List<String> names(Optional<Visibility> type) {
    return run(new ImageQuery(ALICE, List.of(), List.of(), type, Optional.empty(), 25));
  }

  private List<String> query(List<String> names, List<String> arns) {
    return run(new ImageQuery(ALICE, names, arns, Optional.empty(), Optional.empty(), 25));
  }

  private List<String> run(ImageQuery query) {
    return registry.read(h -> Images.page(h, query)).stream().map(Image::name).toList();
  }
}
