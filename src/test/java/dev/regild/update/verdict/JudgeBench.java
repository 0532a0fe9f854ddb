package dev.regild.update.verdict;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.apt.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedKind;
import dev.regild.fetch.Route;
import dev.regild.files.Sha256;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Naming;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageOrigin;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Measures how long it takes to judge 10,000 images of 500 packages when a snapshot has arrived,
 * and how much heap it takes at most. For {@code bench/insight.sh judge}.
 */
final class JudgeBench {
  private static final int IMAGES = 10_000;
  private static final int INSTALLED = 500;

  /** What the images' packages are out of; a repository has thirty times as many. */
  private static final int COMMON = 2_000;

  private static final int OFFERED = 60_000;
  private static final int CVES_OF_KERNEL = 2_500;

  private final Path data;
  private final TestKey key;
  private final TestRepository repository;
  private final ChannelStore channels;
  private int snapshots;

  private JudgeBench(Path data) throws Exception {
    this.data = data;
    this.key = TestKey.simple();
    this.repository = new TestRepository(Files.createDirectory(data.resolve("repository")));
    this.channels = new ChannelStore(data, Clock.systemUTC());
  }

  /**
   * Judges and prints the figures.
   *
   * @param arguments an empty directory; then, for PostgreSQL, the URLs of two empty databases
   */
  public static void main(String[] arguments) throws Exception {
    JudgeBench bench = new JudgeBench(Path.of(arguments[0]));
    bench.offer();
    bench.channels.add(
        new Channel(
            "bench",
            Fleet.PLATFORM,
            List.of(
                new AptSource(
                    List.of(bench.repository.uri()),
                    List.of("stable"),
                    List.of("main"),
                    List.of("amd64"),
                    bench.key.armored()))));
    System.out.printf(
        "%-28s %12s %14s %12s %14s%n",
        "images, inventories", "first (ms)", "snapshot (ms)", "again (ms)", "heap (MiB)");
    for (int i = 0; i < 2; i++) {
      Database database =
          arguments.length > 1
              ? Database.open(
                  PostgresAddress.parse(arguments[i + 1], System.getenv()).orElseThrow())
              : Database.open(bench.data.resolve("regild-" + i + ".db"));
      try (database) {
        bench.measure(database, i == 0 ? 200 : IMAGES);
      }
    }
    bench.repository.close();
    System.exit(0);
  }

  private void measure(Database database, int inventories) throws Exception {
    var _ = channels.refresh("bench");
    Fleet fleet = new Fleet(database, channels);
    changelogs(database);
    feeds(fleet);
    fill(fleet, inventories);
    // Memory pools remember the peak of what was alive after a collection.
    long first = look(fleet, inventories);
    offer();
    var _ = channels.refresh("bench");
    var _ = channels.current("bench").orElseThrow().size();
    System.gc();
    long before = used();
    pools().forEach(MemoryPoolMXBean::resetPeakUsage);
    long arrival = look(fleet, inventories);
    long peak = pools().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    System.gc();
    offer();
    var _ = channels.refresh("bench");
    var _ = channels.current("bench").orElseThrow().size();
    long again = look(fleet, inventories);
    System.out.printf(
        "%-28s %12d %14d %12d %14d%n",
        "%,d, %,d".formatted(IMAGES, inventories), first, arrival, again, (peak - before) >> 20);
  }

  private static List<MemoryPoolMXBean> pools() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private static long used() {
    return pools().stream().mapToLong(pool -> pool.getUsage().getUsed()).sum();
  }

  private static long look(Fleet fleet, int inventories) throws InterruptedException {
    long start = System.nanoTime();
    long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    int judged = fleet.judging.look();
    if (judged != inventories) {
      throw new IllegalStateException(judged + " were judged");
    }
    if (System.getenv("REGILD_BENCH_CPU") != null) {
      System.out.printf(
          "  cpu %,d ms%n",
          (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1_000_000);
    }
    return (System.nanoTime() - start) / 1_000_000;
  }

  /** Offers a new version of one package in twenty, each time of others. */
  private void offer() throws Exception {
    snapshots++;
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < OFFERED; i++) {
      String version = version(i);
      text.append(
          """
          Package: %1$s
          Version: %2$s
          Architecture: amd64
          Description: made up
          Filename: pool/%1$s_%2$s_amd64.deb
          Size: 1000
          SHA256: %3$s

          """
              .formatted(name(i), version, hash(i, version)));
    }
    repository.inRelease(
        "stable",
        key.clearSigned(
            repository.suite(
                "stable",
                Map.of("Date", "Mon, %02d Feb 2026 00:00:00 UTC".formatted(snapshots)),
                text.toString().getBytes(UTF_8))));
  }

  private String version(int number) {
    return "1." + (2 + (snapshots + 19 - number % 20) / 20) + "-1";
  }

  private static String name(int number) {
    return number == 0 ? "linux-image-6.1.0-44-amd64" : "package-" + number;
  }

  private static String hash(int number, String version) {
    return Sha256.of((number + version).getBytes(UTF_8));
  }

  /**
   * A tracker with five CVEs of each source and 8,000 of the kernel, and 1,500 that are exploited.
   */
  private void feeds(Fleet fleet) throws Exception {
    StringBuilder tracker = new StringBuilder("{");
    for (int i = 0; i < COMMON / 2; i++) {
      tracker.append(i == 0 ? "\"linux\": {" : ", \"" + name(i) + "\": {");
      for (int j = 0; j < (i == 0 ? 8_000 : 5); j++) {
        tracker
            .append(j == 0 ? "" : ", ")
            .append(
                """
                "CVE-2025-%d": {"releases": {"bookworm": %s}}\
                """
                    .formatted(
                        i * 10 + j + (i == 0 ? 100_000 : 10_000),
                        switch (j % 3) {
                          case 0 -> "{\"status\": \"open\", \"urgency\": \"low\"}";
                          case 1 -> "{\"status\": \"resolved\", \"fixed_version\": \"1.2-1\"}";
                          default -> "{\"status\": \"open\", \"nodsa\": \"Minor\"}";
                        }));
      }
      tracker.append("}");
    }
    StringBuilder kev =
        new StringBuilder("{\"catalogVersion\": \"1\", \"count\": 1500, \"vulnerabilities\": [");
    for (int i = 0; i < 1500; i++) {
      kev.append(i == 0 ? "" : ", ")
          .append("{\"cveID\": \"CVE-2025-%d\"}".formatted(10_000 + i * 9));
    }
    Path trackerFile = Files.writeString(data.resolve("tracker.json"), tracker.append("}"));
    Path kevFile = Files.writeString(data.resolve("kev.json"), kev.append("]}"));
    feed(fleet, "tracker", FeedKind.DEBIAN_TRACKER, trackerFile);
    feed(fleet, "kev", FeedKind.KEV, kevFile);
  }

  private static void feed(Fleet fleet, String name, FeedKind kind, Path file) throws Exception {
    fleet.feeds.add(
        new Feed(
            name,
            kind,
            file.toUri().toString(),
            "",
            "",
            "",
            Route.DEFAULT,
            Feed.DEFAULT_REFRESH_INTERVAL));
    var _ = fleet.feeds.refresh(name, Set.of(Fleet.PLATFORM));
  }

  /** As updates have read them: three CVEs in most, thousands in the kernel's. */
  private static void changelogs(Database database) {
    Map<String, Changelog> all = new HashMap<>();
    for (int i = 0; i < COMMON; i++) {
      for (int minor = 2; minor < 5; minor++) {
        String version = "1." + minor + "-1";
        List<Naming> cves = new ArrayList<>();
        for (int j = 0; j < (i == 0 ? CVES_OF_KERNEL : 3); j++) {
          cves.add(new Naming("CVE-2026-" + (i * 3 + j + 10_000), true, "fixed"));
        }
        ChangelogEntry entry = new ChangelogEntry(name(i), version, cves);
        all.put(
            hash(i, version),
            new Changelog(
                name(i), version, source(i), version, "", "", entry, true, List.of(entry)));
      }
    }
    new Changelogs(database, Clock.systemUTC()).keep(all);
  }

  private static String source(int number) {
    return number == 0 ? "linux" : name(number / 2);
  }

  private static void fill(Fleet fleet, int inventories) {
    Random random = new Random(1);
    fleet.database.useTransaction(handle -> {
      List<String> digests = new ArrayList<>();
      for (int i = 0; i < inventories; i++) {
        digests.add(
            fleet.inventories.store(
                handle,
                Fleet.inventory(
                    Fleet.PLATFORM, packages(random).toArray(InstalledPackage[]::new))));
      }
      for (int i = 0; i < IMAGES; i++) {
        Fleet.add(
            handle,
            Fleet.OWNER,
            "image-%05d".formatted(i),
            Fleet.PLATFORM,
            digests.get(i % inventories));
      }
    });
  }

  private static List<InstalledPackage> packages(Random random) {
    List<InstalledPackage> packages = new ArrayList<>();
    for (int j = 0; j < INSTALLED; j++) {
      int number = j * (COMMON / INSTALLED) + (j == 0 ? 0 : random.nextInt(COMMON / INSTALLED));
      // One in twenty was out of date before.
      String version = random.nextInt(20) == 0 ? "1.1-1" : "1.2-1";
      packages.add(
          new InstalledPackage(name(number), "amd64", version, false)
              .from(
                  new PackageOrigin(
                      source(number),
                      version,
                      "Debian Maintainers <maintainers@lists.debian.example>",
                      "libs",
                      "")));
    }
    return packages;
  }
}
