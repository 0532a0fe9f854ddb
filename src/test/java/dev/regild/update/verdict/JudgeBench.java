package dev.regild.update.verdict;

import dev.regild.db.Database;
import dev.regild.db.PostgresAddress;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedKind;
import dev.regild.fetch.Route;
import dev.regild.fixtures.MadeUpPackages;
import dev.regild.plan.InstalledPackage;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Measures how long it takes to judge 10,000 images of 500 packages when a snapshot has arrived,
 * and how much heap it takes at most. For {@code bench/insight.sh judge}.
 */
final class JudgeBench {
  private static final int IMAGES = 10_000;
  private final Path data;
  private final MadeUpPackages packages;

  private JudgeBench(Path data) throws Exception {
    this.data = data;
    this.packages = new MadeUpPackages(data, Fleet.PLATFORM);
  }

  /**
   * Judges and prints the figures.
   *
   * @param arguments an empty directory; then, for PostgreSQL, the URLs of two empty databases
   */
  public static void main(String[] arguments) throws Exception {
    JudgeBench bench = new JudgeBench(Path.of(arguments[0]));
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
    bench.packages.close();
    System.exit(0);
  }

  private void measure(Database database, int inventories) throws Exception {
    Fleet fleet = new Fleet(database, packages.channels());
    MadeUpPackages.changelogs(database);
    feeds(fleet);
    fill(fleet, inventories);
    // Memory pools remember the peak of what was alive after a collection.
    long first = look(fleet, inventories);
    packages.next();
    System.gc();
    long before = used();
    pools().forEach(MemoryPoolMXBean::resetPeakUsage);
    long arrival = look(fleet, inventories);
    long peak = pools().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    System.gc();
    packages.next();
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

  /**
   * A tracker with five CVEs of each source and 8,000 of the kernel, and 1,500 that are exploited.
   */
  private void feeds(Fleet fleet) throws Exception {
    StringBuilder tracker = new StringBuilder("{");
    for (int i = 0; i < MadeUpPackages.COMMON / 2; i++) {
      tracker.append(i == 0 ? "\"linux\": {" : ", \"" + MadeUpPackages.name(i) + "\": {");
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

  private static void fill(Fleet fleet, int inventories) {
    Random random = new Random(1);
    fleet.database.useTransaction(handle -> {
      List<String> digests = new ArrayList<>();
      for (int i = 0; i < inventories; i++) {
        digests.add(
            fleet.inventories.store(
                handle,
                Fleet.inventory(
                    Fleet.PLATFORM,
                    MadeUpPackages.installed(random).toArray(InstalledPackage[]::new))));
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
}
