package dev.regild.update.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestChannel;
import dev.regild.db.Database;
import dev.regild.db.JobQueue;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedKind;
import dev.regild.feed.FeedStore;
import dev.regild.feed.OpenCves;
import dev.regild.fetch.Route;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.Leases;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Image;
import dev.regild.image.ImageHistory;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.Changelogs;
import dev.regild.insight.NamedCve;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.VersionRange;
import dev.regild.update.fleet.FleetSearch.Answer;
import dev.regild.update.fleet.FleetSearch.Found;
import dev.regild.update.fleet.FleetSearch.Part;
import dev.regild.update.fleet.FleetSearch.Standing;
import dev.regild.update.fleet.PackageMatch.State;
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
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class FleetSearchTest {
  private static final Owner ALICE = new Owner("111111111111", "eu-central-1");
  private static final Owner BOB = new Owner("222222222222", "eu-central-1");
  private static final Part ALL = new Part(Optional.empty(), true, Optional.empty(), 100);

  @TempDir Path directory;
  private Database database;
  private Inventories inventories;
  private Changelogs changelogs;
  private Snapshot snapshot;
  private FeedStore feeds;
  private FleetSearch search;

  /** A channel of Debian 12 that offers openssl 3.0.22-1. */
  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    inventories = new Inventories(database);
    changelogs = new Changelogs(database, Clock.systemUTC());
    ChannelStore channels = TestChannel.offering(directory, "DEBIAN_12", "openssl", "3.0.22-1");
    snapshot = channels.current("test").orElseThrow();
    feeds = new FeedStore(database, directory, Clock.systemUTC());
    UpdatePlans plans = new UpdatePlans(channels, inventories);
    search =
        new FleetSearch(
            database,
            new PackageMatcher(database, plans, new SnapshotChangelogs(changelogs), feeds));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void imagesAreFoundByPackageAndRangeWithWhatAnUpdateWouldInstall() {
    image(ALICE, "old", "DEBIAN_12", "3.0.11-1");
    image(ALICE, "new", "DEBIAN_12", "3.0.22-1");
    image(ALICE, "other", "UBUNTU_PRO_2404", "3.0.13-0ubuntu3");
    image(BOB, "bobs", "DEBIAN_12", "3.0.11-1");
    assertThat(names(find(openssl("..3.0.15"), ALL))).containsExactly("old", "other");
    assertThat(names(find(openssl("3.0.22"), ALL))).containsExactly("new");
    assertThat(names(find(new Question.OfPackage("openssl", Optional.empty()), ALL)))
        .containsExactly("new", "old", "other");
    assertThat(find(openssl("3.0.11-1"), ALL).found().getFirst().packages())
        .singleElement()
        .satisfies(each -> assertThat(each.offered()).contains("3.0.22-1"))
        .satisfies(each -> assertThat(each.installed().source()).isEqualTo("openssl"));
    assertThat(find(new Question.OfPackage("none", Optional.empty()), ALL).found()).isEmpty();
  }

  /** An image may have a library of a source, and no package of the source's name. */
  @Test
  void imagesAreFoundBySourceTooInItsVersions() {
    PackageOrigin xz = new PackageOrigin("xz-utils", "5.6.1-1", "", "", "");
    new FleetImages(database, inventories)
        .available(
            ALICE,
            "bad",
            "DEBIAN_12",
            List.of(
                new InstalledPackage("liblzma5", "amd64", "5.6.1-1+b1", false).from(xz),
                new InstalledPackage("other", "amd64", "5.6.1-1", false)));
    for (String range : List.of("5.6.0..5.6.1", "5.6.1-1")) {
      Question question =
          new Question.OfPackage("xz-utils", Optional.of(VersionRange.parse(range)));
      assertThat(find(question, ALL).found())
          .flatExtracting(Found::packages)
          .extracting(each -> each.installed().name())
          .containsExactly("liblzma5");
    }
    Question later = new Question.OfPackage("xz-utils", Optional.of(VersionRange.parse("5.6.2..")));
    assertThat(find(later, ALL).found()).isEmpty();
  }

  /** Nothing found is not the same as nothing there. */
  @Test
  void anAnswerAboutACveSaysWhatIsNotKnown() throws Exception {
    image(ALICE, "old", "DEBIAN_12", "3.0.11-1");
    Question question = new Question.OfCve("CVE-2026-84782");
    assertThat(find(question, ALL).incomplete())
        .containsExactly(
            "No feed says which CVEs are open in DEBIAN_12. Without one, only fixes are known.");
    database.useTransaction(handle ->
        handle.execute(
            """
            INSERT INTO verdict (
              inventory_digest, platform, basis, judged_at, state, reason, changes,
              security_changes, fixable_cves, fixable_kernel_cves, fixable_unknown, changelogs_at)
            SELECT digest, 'DEBIAN_12', '', 0, 'OUTDATED', '', 1, 0, 0, 0, 1, 0 FROM inventory
            """));
    tracker("{\"a\": {\"CVE-2026-1\": {\"releases\": {\"bookworm\": {\"status\": \"open\"}}}}}");
    assertThat(find(question, ALL).incomplete())
        .containsExactly("Images of whose updates some changelogs were not read: 1.");
    assertThat(search.find(BOB, question, ALL).incomplete()).isEmpty();
  }

  @Test
  void aDeletedImageIsStillFoundWithItsExports() {
    Image gone = image(ALICE, "gone", "DEBIAN_12", "3.0.11-1");
    image(ALICE, "here", "DEBIAN_12", "3.0.11-1");
    export(gone);
    database.useTransaction(handle -> Images.remove(handle, Images.startDeleting(handle, gone)));
    List<Found> found = find(openssl("3.0.11"), ALL).found();
    assertThat(found)
        .extracting(each -> each.image().name(), each -> each.image().deleted().isPresent())
        .containsExactly(tuple("gone", true), tuple("here", false));
    assertThat(found.getFirst().exports())
        .extracting(ExportTask::amiName)
        .containsExactly("exported");
    Part present = new Part(Optional.empty(), false, Optional.empty(), 100);
    assertThat(names(find(openssl("3.0.11"), present))).containsExactly("here");
  }

  @Test
  void aDeletedImageIsForgottenAfterAWhileUnlessThereIsAnExport() {
    Image gone = image(ALICE, "gone", "DEBIAN_12", "3.0.11-1");
    Image exported = image(ALICE, "exported", "DEBIAN_12", "3.0.12-1");
    export(exported);
    for (Image each : List.of(gone, exported)) {
      database.useTransaction(handle -> Images.remove(handle, Images.startDeleting(handle, each)));
    }
    long before = Instant.now().minus(ImageHistory.KEPT).minus(Duration.ofDays(1)).toEpochMilli();
    database.useTransaction(handle -> {
      handle.execute("UPDATE image_history SET deleted = ?", before);
      ImageHistory.prune(handle);
    });
    assertThat(names(find(openssl("3.0.."), ALL))).containsExactly("exported");
    assertThat(rows("package_version")).isEqualTo(1);
    assertThat(rows("indexed_inventory")).isEqualTo(1);
  }

  /** PostgreSQL refuses rows of an index that are longer than 2,704 bytes. */
  @Test
  void aPackageOfALongSourceIsNotIndexed() {
    String source =
        new Random(1)
            .ints(1000, 0x4e00, 0x9fff)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    Inventory inventory =
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(
                new InstalledPackage("bash", "amd64", "5.2-1", false),
                new InstalledPackage("openssl", "amd64", "3.0.11-1", false)
                    .from(new PackageOrigin(source, "", "", "", ""))));
    database.useTransaction(handle -> inventories.store(handle, inventory));
    assertThat(rows("package_version")).isEqualTo(1);
  }

  @Test
  void theAnswerIsPagedByName() {
    // By code point: capitals before small letters, whatever the database's locale.
    for (String name : List.of("b", "B", "a", "ä", "c")) {
      image(ALICE, name, "DEBIAN_12", "3.0.11-1");
    }
    List<String> names = new ArrayList<>();
    Part part = new Part(Optional.empty(), true, Optional.empty(), 2);
    for (Answer page = find(openssl("3.."), part); ; page = find(openssl("3.."), part)) {
      assertThat(page.found()).hasSizeLessThanOrEqualTo(2);
      names.addAll(names(page));
      if (page.next().isEmpty()) {
        break;
      }
      part = new Part(Optional.empty(), true, page.next(), 2);
    }
    assertThat(names).containsExactly("B", "a", "b", "c", "ä");
  }

  @Test
  void imagesAreFoundByACve() throws Exception {
    image(ALICE, "old", "DEBIAN_12", "3.0.11-1");
    image(ALICE, "new", "DEBIAN_12", "3.0.22-1");
    image(ALICE, "other", "UBUNTU_PRO_2404", "3.0.13-0ubuntu3");
    Question fixed = new Question.OfCve("cve-2026-84782");
    assertThat(find(fixed, ALL).found()).isEmpty();

    changelogs.keep(Map.of(hash(), openssl()));
    assertThat(states(find(fixed, ALL)))
        .containsExactly(
            tuple("new", Optional.of(State.FIXED), Optional.empty()),
            tuple("old", Optional.of(State.FIXABLE), Optional.of("3.0.22-1")),
            tuple("other", Optional.of(State.UNKNOWN), Optional.empty()));
    assertThat(states(find(new Question.OfCve("CVE-2024-5535"), ALL)))
        .contains(tuple("old", Optional.of(State.FIXED), Optional.of("3.0.22-1")));
    assertThat(states(find(new Question.OfCve("CVE-2026-42767"), ALL)))
        .contains(tuple("old", Optional.of(State.MENTIONED), Optional.of("3.0.22-1")));
    Part fixable = new Part(Optional.of(Standing.FIXABLE), true, Optional.empty(), 100);
    Answer only = find(fixed, fixable);
    assertThat(names(only)).containsExactly("old");
    assertThat(only.found().getFirst().packages().getFirst().evidence())
        .contains("* CVE-2026-84782 (\"DTLS\")");
    assertThatIllegalArgumentException().isThrownBy(() -> new Question.OfCve("2026-84782"));
  }

  @Test
  void aCveThatAFeedKnowsIsFoundWithTheVendorsWord() throws Exception {
    image(ALICE, "old", "DEBIAN_12", "3.0.11-1");
    image(ALICE, "new", "DEBIAN_12", "3.0.22-1");
    image(ALICE, "other", "UBUNTU_PRO_2404", "3.0.13-0ubuntu3");
    changelogs.keep(Map.of(hash(), openssl()));
    tracker(
        """
        {"openssl": {
          "CVE-2026-3001": {"releases": {"bookworm": {"status": "open", "urgency": "high"}}},
          "CVE-2026-3002": {
            "releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.20-1"}}},
          "CVE-2026-3003": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0"}}},
          "CVE-2026-84782": {
            "releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.22-1"}}}}}
        """);
    assertThat(vendors(find(new Question.OfCve("CVE-2026-3001"), ALL)))
        .containsExactly(
            tuple("new", Optional.empty(), Optional.of(OpenCves.Status.OPEN)),
            tuple("old", Optional.empty(), Optional.of(OpenCves.Status.OPEN)));
    assertThat(names(find(new Question.OfCve("CVE-2026-3002"), onlyOpen()))).containsExactly("old");
    assertThat(find(new Question.OfCve("CVE-2026-3003"), ALL).found()).as("not affected").isEmpty();
    assertThat(vendors(find(new Question.OfCve("CVE-2026-84782"), ALL)))
        .containsExactly(
            tuple("new", Optional.of(State.FIXED), Optional.of(OpenCves.Status.FIXED)),
            tuple("old", Optional.of(State.FIXABLE), Optional.of(OpenCves.Status.OPEN)),
            tuple("other", Optional.of(State.UNKNOWN), Optional.empty()));
  }

  /** The tracker names the source that was signed, and an image boots its newest kernel only. */
  @Test
  void ofAnImagesKernelsOnlyTheNewestIsOpen() throws Exception {
    InstalledPackage old = kernel("6.1.153-1");
    InstalledPackage current = kernel("6.1.192-2");
    FleetImages images = new FleetImages(database, inventories);
    images.available(ALICE, "both", "DEBIAN_12", List.of(old, current));
    images.available(ALICE, "old", "DEBIAN_12", List.of(old));
    tracker(
        """
        {"linux": {
          "CVE-2026-2001": {
            "releases": {"bookworm": {"status": "resolved", "fixed_version": "6.1.160-1"}}}}}
        """);
    Question question = new Question.OfCve("CVE-2026-2001");
    assertThat(names(find(question, onlyOpen()))).containsExactly("old");
    assertThat(find(question, ALL).found())
        .flatExtracting(Found::packages)
        .extracting(
            each -> each.installed().version(), each -> each.vendor().map(it -> it.status()))
        .containsExactly(
            tuple("6.1.153-1", Optional.empty()),
            tuple("6.1.192-2", Optional.of(OpenCves.Status.FIXED)),
            tuple("6.1.153-1", Optional.of(OpenCves.Status.OPEN)));
  }

  private static InstalledPackage kernel(String version) {
    String name = "linux-image-" + version.substring(0, version.indexOf('-')) + "-amd64";
    return new InstalledPackage(name, "amd64", version, false)
        .from(new PackageOrigin("linux-signed-amd64", version.replace('-', '+'), "", "", ""));
  }

  private void tracker(String json) throws Exception {
    Path file = Files.writeString(directory.resolve("tracker.json"), json);
    feeds.add(
        new Feed(
            "tracker",
            FeedKind.DEBIAN_TRACKER,
            file.toUri().toString(),
            "",
            "",
            "",
            Route.DEFAULT,
            Feed.DEFAULT_REFRESH_INTERVAL));
    assertThat(feeds.refresh("tracker", Set.of("DEBIAN_12")).changed()).isTrue();
  }

  private static Part onlyOpen() {
    return new Part(Optional.of(Standing.OPEN), true, Optional.empty(), 100);
  }

  private static List<org.assertj.core.groups.Tuple> vendors(Answer answer) {
    return answer.found().stream()
        .map(each ->
            tuple(
                each.image().name(),
                each.packages().getFirst().state(),
                each.packages().getFirst().vendor().map(OpenCves.Found::status)))
        .toList();
  }

  @Test
  void imagesAndChangelogsOfAnEarlierVersionAreIndexedInTheBackground() throws Exception {
    for (int i = 0; i < 50; i++) {
      image(ALICE, "image-" + i, "DEBIAN_12", "3.0." + i % 7 + "-1");
    }
    changelogs.keep(Map.of(hash(), openssl()));
    database.useTransaction(handle -> {
      handle.execute("DELETE FROM image_history");
      handle.execute("DELETE FROM indexed_inventory");
      handle.execute("DELETE FROM package_version");
      handle.execute("DELETE FROM changelog_package");
      handle.execute("DELETE FROM cve_source");
    });
    Answer before = find(openssl("3.."), ALL);
    assertThat(before.found()).isEmpty();
    assertThat(before.incomplete()).singleElement().asString().contains("earlier version");

    JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 1, Duration.ZERO);
    IndexUpkeep upkeep = new IndexUpkeep(database, inventories, jobs);
    jobs.register(IndexUpkeep.KIND, upkeep);
    upkeep.run("0 ", Leases.take(database, IndexUpkeep.KIND, "0 "));
    Answer after = find(openssl("3.."), ALL);
    assertThat(after.found()).hasSize(50);
    assertThat(after.incomplete()).isEmpty();
    assertThat(rows("indexed_inventory")).isEqualTo(7);
    assertThat(states(find(new Question.OfCve("CVE-2026-84782"), ALL))).hasSize(50);
  }

  @Test
  void manyDamagedInventoriesDoNotKeepTheOthersOutOfTheIndex() throws Exception {
    for (int i = 0; i < 60; i++) {
      image(ALICE, "damaged-" + i, "DEBIAN_12", "3.0.1-1");
    }
    image(ALICE, "sound", "DEBIAN_12", "3.0.2-1");
    database.useTransaction(handle -> {
      handle.execute(
          """
          UPDATE inventory SET compressed_json = ?
           WHERE digest = (SELECT inventory_digest FROM image WHERE name = 'damaged-0')
          """,
          new byte[] {1});
      handle.execute("DELETE FROM image_history");
      handle.execute("DELETE FROM indexed_inventory");
    });
    JobQueue jobs = new JobQueue(database, Clock.systemUTC(), 1, Duration.ZERO);
    IndexUpkeep upkeep = new IndexUpkeep(database, new Inventories(database), jobs);
    jobs.register(IndexUpkeep.KIND, upkeep);
    upkeep.run("0 ", Leases.take(database, IndexUpkeep.KIND, "0 "));
    assertThat(names(find(openssl("3.."), ALL))).containsExactly("sound");
  }

  private Answer find(Question question, Part part) {
    return search.find(ALICE, question, part);
  }

  private static Question openssl(String range) {
    return new Question.OfPackage("openssl", Optional.of(VersionRange.parse(range)));
  }

  private static List<String> names(Answer answer) {
    return answer.found().stream().map(each -> each.image().name()).toList();
  }

  private static List<org.assertj.core.groups.Tuple> states(Answer answer) {
    return answer.found().stream()
        .map(each ->
            tuple(
                each.image().name(),
                each.packages().getFirst().state(),
                each.packages().getFirst().offered()))
        .toList();
  }

  private String hash() throws Exception {
    return snapshot
        .fileHashes(Set.of(new PackageVersion("openssl", "3.0.22-1")))
        .values()
        .iterator()
        .next();
  }

  private static Changelog openssl() {
    return new Changelog(
        "openssl",
        "3.0.22-1",
        "openssl",
        "3.0.22-1",
        "",
        "",
        new ChangelogEntry("openssl", "0.1-1", List.of()),
        true,
        List.of(
            new ChangelogEntry(
                "openssl",
                "3.0.22-1",
                List.of(
                    new NamedCve("CVE-2026-84782", true, "* CVE-2026-84782 (\"DTLS\")"),
                    new NamedCve("CVE-2026-42767", false, "* Regression of CVE-2026-42767"))),
            new ChangelogEntry(
                "openssl", "3.0.10-1", List.of(new NamedCve("CVE-2024-5535", true, "* it")))));
  }

  private Image image(Owner owner, String name, String platform, String version) {
    return new FleetImages(database, inventories)
        .available(owner, name, platform, List.of(FleetImages.installed("openssl", version)));
  }

  private void export(Image image) {
    database.useTransaction(handle -> {
      ExportTask task =
          new ExportTask(
              UUID.randomUUID().toString(),
              image.owner(),
              image.id(),
              image.arn(),
              "exported",
              Optional.empty(),
              "disk-1",
              Map.of(),
              ExportTask.State.EXPORTING,
              Optional.empty(),
              Instant.now());
      ExportTasks.insert(handle, task);
      ExportTasks.complete(handle, task);
    });
  }

  private int rows(String table) {
    return database.read(
        handle -> handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Integer.class).one());
  }
}
