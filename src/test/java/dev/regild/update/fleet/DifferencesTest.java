package dev.regild.update.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.apt.AptPackageSystem;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.EarlierSnapshots;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.db.Database;
import dev.regild.feed.FeedChangelogs;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.Changelogs;
import dev.regild.insight.FixedCve;
import dev.regild.insight.Fixes;
import dev.regild.insight.NamedCve;
import dev.regild.insight.PackageDifference;
import dev.regild.insight.SourceFixes;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.PackageVersion;
import dev.regild.policy.PolicyFleet;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.SnapshotOffers;
import dev.regild.update.planning.UpdatePlans;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EachDatabase
class DifferencesTest {
  private static final Instant APRIL = Instant.parse("2026-04-02T12:00:00Z");
  private static final EarlierSnapshots.Limits ROOMY =
      new EarlierSnapshots.Limits(Duration.ofDays(90), 1L << 30);

  @TempDir Path directory;
  private Database database;
  private Inventories inventories;
  private ChannelStore channels;
  private Changelogs changelogs;
  private Differences differences;
  private SnapshotOffers offers;

  /** A channel that offered openssl 3.0.15-1 on 1 March, and offers 3.0.22-1 since 2 April. */
  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    inventories = new Inventories(database);
    channels = new ChannelStore(directory, Clock.systemUTC());
    changelogs = new Changelogs(database, Clock.systemUTC());
    UpdatePlans plans = new UpdatePlans(channels, inventories);
    SnapshotChangelogs known = new SnapshotChangelogs(changelogs);
    PlannedFixes fixes = new PlannedFixes(database, inventories, plans, known);
    differences = new Differences(database, plans, fixes, known, FeedChangelogs.NONE);
    offers = new SnapshotOffers(plans, channels, earlier(APRIL, ROOMY));

    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(directory.resolve("repository")))) {
      channels.add(new Channel("test", "DEBIAN_12", List.of(repository.source(key))));
      offer(repository, key, "3.0.15-1", "2026-03-01T09:00:00Z");
      offer(repository, key, "3.0.22-1", "2026-04-02T09:00:00Z");
    }
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void offer(TestRepository repository, TestKey key, String version, String time)
      throws Exception {
    repository.publish(key, Map.of(), List.of(new Deb("openssl", version)));
    channels.refresh("test");
    assertThat(earlier(Instant.parse(time), ROOMY).record()).hasSize(1);
  }

  private EarlierSnapshots earlier(Instant now, EarlierSnapshots.Limits limits) {
    return new EarlierSnapshots(database, channels, limits, Clock.fixed(now, ZoneOffset.UTC));
  }

  @Test
  void anImageIsComparedWithTheSnapshotOfADay() throws Exception {
    Snapshot march = offers.find(subject("3.0.11-1").image(), "2026-03-01").offer().snapshot();
    changelogs.keep(Map.of(hash(march, "3.0.15-1"), openssl("3.0.15-1")));
    assertThat(toSnapshot("2026-03-01").packages())
        .containsExactly(
            new PackageDifference(
                PackageDifference.Kind.UPGRADED, "openssl", "amd64", "3.0.11-1", "3.0.15-1"));
    assertThat(fixed(toSnapshot("2026-03-01").fixed())).containsExactly("CVE-2026-0015");
    assertThat(toSnapshot("2026-04-01T00:00:00Z").packages()).hasSize(1);
    assertThat(toSnapshot(march.digest().substring(0, 12)).packages())
        .extracting(PackageDifference::to)
        .containsExactly("3.0.15-1");
    Difference today = toSnapshot("");
    assertThat(today.packages()).extracting(PackageDifference::to).containsExactly("3.0.22-1");
    assertThat(today.fixed().orElseThrow().counts().unknown()).containsExactly("openssl");
    for (String none : List.of("2026-02-28", "yesterday", "0123456789ab", march.digest() + "0")) {
      assertThatThrownBy(() -> toSnapshot(none))
          .isInstanceOf(ChannelException.class)
          .hasMessageContaining(none)
          .hasMessageContaining("the oldest one that is kept is of 2026-03-01");
    }
  }

  @Test
  void theLastSnapshotOfEachDayIsKeptForAWhileAndAsLongAsItFits() throws Exception {
    String march =
        offers.find(subject("3.0.11-1").image(), "2026-03-01").offer().snapshot().digest();
    String april = offers.find(subject("3.0.11-1").image(), "").offer().snapshot().digest();
    assertThat(earlier(APRIL, ROOMY).kept()).containsExactlyInAnyOrder(march, april);
    // Later on the same day, the channel got another one.
    database.useTransaction(handle ->
        handle.execute(
            "INSERT INTO channel_snapshot VALUES ('test', ?, ?)",
            Instant.parse("2026-03-01T23:00:00Z").toEpochMilli(),
            april));
    assertThat(earlier(APRIL, ROOMY).kept()).containsExactly(april);
    database.useTransaction(handle ->
        handle.execute(
            "DELETE FROM channel_snapshot WHERE since = ?",
            Instant.parse("2026-03-01T23:00:00Z").toEpochMilli()));
    assertThat(earlier(APRIL, new EarlierSnapshots.Limits(Duration.ofDays(20), 1L << 30)).kept())
        .containsExactly(april);
    // What the current snapshot has takes no room of its own.
    assertThat(earlier(APRIL, new EarlierSnapshots.Limits(Duration.ofDays(90), 0)).kept())
        .containsExactly(april);
    Set<String> removed = Set.of(march);
    earlier(APRIL, ROOMY).forget(removed);
    assertThatThrownBy(() -> offers.find(subject("3.0.11-1").image(), "2026-03-01"))
        .hasMessageContaining("the oldest one that is kept is of 2026-04-02");
  }

  @Test
  void anyTwoImagesAreComparedByTheChangelogsThatWereRead() {
    changelogs.keep(Map.of("aa", openssl("3.0.15-1")));
    Differences.Subject older = subject("3.0.11-1");
    Differences.Subject newer = subject("3.0.15-1");
    Difference forward = differences.between(older, newer, new AptPackageSystem());
    assertThat(fixed(forward.fixed())).containsExactly("CVE-2026-0015");
    assertThat(forward.lost()).isEmpty();
    Difference back = differences.between(newer, older, new AptPackageSystem());
    assertThat(back.fixed()).isEmpty();
    assertThat(fixed(back.lost())).containsExactly("CVE-2026-0015");
    assertThat(back.packages())
        .extracting(PackageDifference::kind, PackageDifference::to)
        .containsExactly(tuple(PackageDifference.Kind.DOWNGRADED, "3.0.11-1"));
  }

  /** Each update has recorded what it fixed; what changelogs say now does not count. */
  @Test
  void whatTheUpdatesBetweenTwoImagesFixedIsListedBySource() {
    List<Differences.Subject> line = new ArrayList<>();
    for (String version : List.of("3.0.11-1", "3.0.15-1", "3.0.22-1")) {
      Inventory inventory = subject(version).inventory();
      Image before = line.isEmpty() ? null : line.getLast().image();
      Image image =
          database.inTransaction(handle ->
              PolicyFleet.insert(
                  handle,
                  new Owner("111111111111", "eu-central-1"),
                  "line-" + version,
                  inventories.store(handle, inventory),
                  PolicyFleet.layer(handle, null, 10),
                  before,
                  APRIL));
      line.add(new Differences.Subject(image, inventory));
    }
    database.useTransaction(handle -> {
      Changelogs.record(
          handle, line.get(1).image().id(), updated("zlib", "CVE-2026-1", "openssl", "CVE-2026-2"));
      Changelogs.record(
          handle, line.get(2).image().id(), updated("bash", "CVE-2026-3", "openssl", "CVE-2026-4"));
    });
    Difference whole = differences.between(line.get(0), line.get(2), new AptPackageSystem());
    assertThat(whole.fixed().orElseThrow().sources())
        .extracting(SourceFixes::source, each -> each.fixed().getFirst().cve())
        .containsExactly(
            tuple("bash", "CVE-2026-3"),
            tuple("openssl", "CVE-2026-2"),
            tuple("openssl", "CVE-2026-4"),
            tuple("zlib", "CVE-2026-1"));
    assertThat(whole.fixed().orElseThrow().counts().fixed()).isEqualTo(4);
    Difference last = differences.between(line.get(1), line.get(2), new AptPackageSystem());
    assertThat(fixed(last.fixed())).containsExactly("CVE-2026-3", "CVE-2026-4");
  }

  /** What an update fixed: a CVE in each of two sources. */
  private static Fixes updated(String first, String cve, String second, String other) {
    return new Fixes(List.of(source(first, cve), source(second, other)));
  }

  private static SourceFixes source(String name, String cve) {
    return new SourceFixes(
        name, "1", "2", List.of(name), false, "", List.of(new FixedCve(cve, "2", "*")), List.of());
  }

  private Difference toSnapshot(String which) throws ChannelException {
    return differences.toSnapshot(
        subject("3.0.11-1"), offers.find(subject("3.0.11-1").image(), which).offer());
  }

  private static List<String> fixed(Optional<Fixes> fixes) {
    return fixes.orElseThrow().sources().stream()
        .flatMap(source -> source.fixed().stream())
        .map(each -> each.cve())
        .toList();
  }

  private static String hash(Snapshot snapshot, String version) throws Exception {
    return snapshot
        .fileHashes(Set.of(new PackageVersion("openssl", version)))
        .values()
        .iterator()
        .next();
  }

  private static Changelog openssl(String version) {
    return new Changelog(
        "openssl",
        version,
        "openssl",
        version,
        "",
        "",
        new ChangelogEntry("openssl", "0.1-1", List.of()),
        true,
        List.of(
            new ChangelogEntry(
                "openssl", version, List.of(new NamedCve("CVE-2026-0015", true, "* it"))),
            new ChangelogEntry(
                "openssl", "3.0.11-1", List.of(new NamedCve("CVE-2026-0011", true, "* it")))));
  }

  private Differences.Subject subject(String version) {
    Inventory inventory =
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12", "12.5"),
            "amd64",
            List.of(
                new InstalledPackage("openssl", "amd64", version, false)
                    .from(new PackageOrigin("openssl", version, "", "", ""))));
    String digest = database.inTransaction(handle -> inventories.store(handle, inventory));
    Image importing =
        Image.importing(
            new Owner("111111111111", "eu-central-1"),
            "image-" + version,
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Instant.now());
    Image.Content content =
        new Image.Content(
            Optional.of("DEBIAN_12"),
            Optional.empty(),
            List.of(),
            Optional.of(
                new ImageDisk("none", digest, new DiskLayout(DiskLayout.Firmware.BIOS, List.of()))),
            Optional.empty());
    return new Differences.Subject(
        new Image(
            importing.id(),
            importing.owner(),
            importing.name(),
            importing.displayName(),
            importing.description(),
            importing.created(),
            importing.status(),
            importing.sharing(),
            importing.origin(),
            importing.terms(),
            content,
            importing.marks()),
        inventory);
  }
}
