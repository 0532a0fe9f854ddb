package dev.regild.update.fleet;

import dev.regild.apt.AptPackageSystem;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.LargeChannel;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedKind;
import dev.regild.feed.FeedStore;
import dev.regild.fetch.Route;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.LayerRecords;
import dev.regild.image.Owner;
import dev.regild.image.PublishedDisk;
import dev.regild.insight.BillOfMaterials;
import dev.regild.insight.BillSubject;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.Changelogs;
import dev.regild.insight.NamedCve;
import dev.regild.insight.PackageNotes;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.VersionRange;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Measures parts of what Regild knows of images, and prints a table; see bench/insight.sh. */
final class InsightBench {
  private static final int IMAGES = 10_000;
  private static final int PACKAGES = 500;
  private static final int RUNS = 300;
  private static final Owner OWNER = new Owner("111111111111", "us-east-1");
  private static final OperatingSystem SYSTEM =
      new OperatingSystem(LargeChannel.PLATFORM, "Debian GNU/Linux 12", "12.5");

  private final Path data;

  private InsightBench(Path data) {
    this.data = data;
  }

  /**
   * Measures.
   *
   * @param arguments a part, and an empty directory; then package files for {@code changelogs}
   */
  public static void main(String[] arguments) throws Exception {
    InsightBench bench = new InsightBench(Path.of(arguments[1]));
    switch (arguments[0]) {
      case "find" -> bench.find();
      case "sbom" -> bench.bills();
      case "plan" -> bench.plans();
      case "changelogs" -> changelogs(Arrays.copyOfRange(arguments, 2, arguments.length));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    System.exit(0);
  }

  private static void row(String what, String measured, String goal) {
    System.out.printf(Locale.ROOT, "%-58s %22s   %s%n", what, measured, goal);
  }

  private interface Work {
    void run() throws Exception;
  }

  /** The median and the 99th percentile in milliseconds, of runs in a warm process. */
  private static String times(Work work) throws Exception {
    long[] nanoseconds = new long[RUNS];
    for (int i = -RUNS; i < RUNS; i++) {
      long start = System.nanoTime();
      work.run();
      nanoseconds[Math.max(0, i)] = System.nanoTime() - start;
    }
    Arrays.sort(nanoseconds);
    return String.format(
        Locale.ROOT,
        "p50 %.1f, p99 %.1f ms",
        nanoseconds[RUNS / 2] / 1e6,
        nanoseconds[RUNS * 99 / 100] / 1e6);
  }

  private void find() throws Exception {
    LargeChannel.create(data);
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    for (int distinct : new int[] {200, IMAGES}) {
      Path file = data.resolve("regild-" + distinct + ".db");
      try (Database database = Database.open(file)) {
        long start = System.nanoTime();
        fill(database, distinct);
        row(
            "%,d images, %,d inventories: fill".formatted(IMAGES, distinct),
            "%.1f s, %d MiB".formatted((System.nanoTime() - start) / 1e9, Files.size(file) >> 20),
            "");
        Changelogs changelogs = new Changelogs(database, Clock.systemUTC());
        changelogs.keep(Map.of(hash(channels, "package-7"), changelog("package-7")));
        FleetSearch search =
            new FleetSearch(
                database,
                new PackageMatcher(
                    database,
                    new UpdatePlans(channels, new Inventories(database)),
                    new SnapshotChangelogs(changelogs),
                    feeds(database)));
        String among = "images among %,d, %,d inventories: ".formatted(IMAGES, distinct);
        row(among + "package, all", times(() -> package7(search, "")), "50 ms");
        row(among + "package, few", times(() -> package7(search, "..0.9")), "50 ms");
        row(among + "CVE", times(() -> cve(search)), "50 ms");
      }
    }
  }

  /** A tracker of the size of Debian's for one release, which names the CVE of package-7. */
  private FeedStore feeds(Database database) throws Exception {
    StringBuilder tracker = new StringBuilder("{");
    for (int i = 0; i < 5_000; i++) {
      tracker.append(i == 0 ? "" : ", ").append("\"package-").append(i).append("\": {");
      for (int j = 0; j < 8; j++) {
        tracker
            .append(j == 0 ? "" : ", ")
            .append("\"CVE-2026-%d\": ".formatted(j == 0 ? 1000 + i : 20_000 + 8 * i + j))
            .append("{\"releases\": {\"bookworm\": {\"status\": \"open\"}}}");
      }
      tracker.append("}");
    }
    Path file = Files.writeString(data.resolve("tracker.json"), tracker.append("}"));
    FeedStore feeds = new FeedStore(database, data, Clock.systemUTC());
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
    var _ = feeds.refresh("tracker", Set.of("DEBIAN_12"));
    return feeds;
  }

  private static void package7(FleetSearch search, String range) {
    Optional<VersionRange> versions =
        Optional.of(range).filter(text -> !text.isEmpty()).map(VersionRange::parse);
    require(search, new Question.OfPackage("package-7", versions));
  }

  private static void cve(FleetSearch search) {
    require(search, new Question.OfCve("CVE-2026-1007"));
  }

  private static void require(FleetSearch search, Question question) {
    FleetSearch.Part part = new FleetSearch.Part(Optional.empty(), true, Optional.empty(), 100);
    if (search.find(OWNER, question, part).found().isEmpty()) {
      throw new IllegalStateException("nothing is found for " + question);
    }
  }

  private static void fill(Database database, int distinct) {
    Inventories inventories = new Inventories(database);
    List<String> digests = new ArrayList<>();
    for (int i = 0; i < distinct; i += 100) {
      List<Inventory> some = new ArrayList<>();
      for (int j = i; j < i + 100; j++) {
        some.add(inventory(j, PACKAGES));
      }
      digests.addAll(database.inTransaction(handle -> inventories.store(handle, some)));
    }
    database.useTransaction(handle -> {
      LayerRecords.insert(
          handle, new Layer("layer", Optional.empty(), 4096, 1 << 20, "0".repeat(64), 1));
      for (int i = 0; i < IMAGES; i++) {
        Image image =
            Image.importing(
                OWNER,
                "image-%05d".formatted(i),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Instant.now());
        Images.insert(handle, image);
        var _ =
            Images.publish(
                handle,
                image,
                new PublishedDisk(
                    new ImageDisk(
                        "layer",
                        digests.get(i % distinct),
                        new DiskLayout(DiskLayout.Firmware.BIOS, List.of())),
                    LargeChannel.PLATFORM,
                    Optional.empty(),
                    Optional.empty()));
      }
    });
  }

  /** A tenth of the packages are out of date, and one of them is an inventory's own. */
  private static Inventory inventory(int number, int size) {
    List<InstalledPackage> packages = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      String version =
          i == number % size
              ? "0.9-" + number / size
              : (number + i) % 10 == 0 ? "1.0-" + number % 7 : "1.1-1";
      String name = "package-" + i;
      packages.add(
          new InstalledPackage(name, "amd64", version, false)
              .from(new PackageOrigin(name, version, "Bench", "misc", "")));
    }
    return new Inventory(SYSTEM, "amd64", packages);
  }

  private static Changelog changelog(String name) {
    int number = Integer.parseInt(name.substring(name.indexOf('-') + 1));
    String cve = "CVE-2026-" + (1000 + number);
    return new Changelog(
        name,
        "1.1-1",
        name,
        "1.1-1",
        "",
        "",
        new ChangelogEntry(name, "0.1-1", List.of()),
        true,
        List.of(new ChangelogEntry(name, "1.1-1", List.of(new NamedCve(cve, true, "* " + cve)))));
  }

  private static String hash(ChannelStore channels, String name) throws Exception {
    Snapshot snapshot = channels.current("large").orElseThrow();
    PackageVersion wanted = new PackageVersion(name, "1.1-1");
    return Optional.ofNullable(snapshot.fileHashes(Set.of(wanted)).get(wanted)).orElseThrow();
  }

  private void bills() throws Exception {
    PackageNotes notes = new AptPackageSystem().notes();
    for (int size : new int[] {200, 2000}) {
      BillSubject subject =
          new BillSubject(
              "golden",
              UUID.randomUUID().toString(),
              "arn:aws:appstream:us-east-1:111111111111:image/golden",
              Instant.now(),
              Optional.of("0".repeat(64)),
              inventory(1, size));
      for (BillOfMaterials.Format format : BillOfMaterials.Format.values()) {
        row(
            "bill of materials, %,d packages, %s".formatted(size, format),
            times(() -> new BillOfMaterials(subject, notes).json(format)),
            size == 200 ? "50 ms" : "500 ms");
      }
    }
  }

  private void plans() throws Exception {
    LargeChannel.create(data);
    ChannelStore channels = new ChannelStore(data, Clock.systemUTC());
    try (Database database = Database.open(data.resolve("regild.db"))) {
      Inventories inventories = new Inventories(database);
      UpdatePlans plans = new UpdatePlans(channels, inventories);
      Changelogs changelogs = new Changelogs(database, Clock.systemUTC());
      PlannedFixes fixes =
          new PlannedFixes(database, inventories, plans, new SnapshotChangelogs(changelogs));
      String digest =
          database.inTransaction(handle -> inventories.store(handle, inventory(1, PACKAGES)));
      UpdatePlans.Offer offer = plans.offerFor(LargeChannel.PLATFORM);
      UpdatePlan plan = plans.plan(offer, digest);
      Set<PackageVersion> changed = new HashSet<>();
      plan.changes().forEach(each -> changed.add(new PackageVersion(each.name(), each.to())));
      for (Map.Entry<PackageVersion, String> each :
          offer.snapshot().fileHashes(changed).entrySet()) {
        changelogs.keep(Map.of(each.getValue(), changelog(each.getKey().name())));
      }
      String what = "plan of %d changes of %d packages, ".formatted(changed.size(), PACKAGES);
      row(what + "without CVEs", times(() -> plans.plan(offer, digest)), "(reference)");
      row(
          what + "with CVEs",
          times(() ->
              fixes.find(offer.snapshot(), inventories.load(digest), plans.plan(offer, digest))),
          "1.5 x of the request over HTTP");
    }
  }

  /** The first reading in the process, as an update or a prefetch does it. */
  private static void changelogs(String[] files) throws Exception {
    PackageNotes notes = new AptPackageSystem().notes();
    long start = System.nanoTime();
    int entries = 0;
    for (String file : files) {
      entries += notes.changelog(Path.of(file)).map(each -> each.entries().size()).orElse(0);
    }
    row(
        "changelogs of %d packages, cold, beside Apply".formatted(files.length),
        "%.2f s, %d entries".formatted((System.nanoTime() - start) / 1e9, entries),
        "0 s added to Fetch (goal: 2 s)");
  }
}
