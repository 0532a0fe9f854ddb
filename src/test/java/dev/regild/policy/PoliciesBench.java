package dev.regild.policy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.apt.AptSource;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.image.Image;
import dev.regild.image.Inventories;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Naming;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import dev.regild.policy.retention.RetentionPlan;
import dev.regild.policy.retention.RetentionRule;
import dev.regild.policy.retention.Retentions;
import dev.regild.policy.ring.PromotionPreview;
import dev.regild.policy.ring.PromotionPreviews;
import dev.regild.policy.ring.Promotions;
import dev.regild.policy.ring.Rings;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Outlook;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jdbi.v3.core.Handle;

/**
 * Measures promotions with their previews over 10,000 images, and the preview of retention among
 * 100,000. The images are rows of the database. For {@code bench/policies.sh}.
 */
final class PoliciesBench {
  private static final int IMAGES = 10_000;
  private static final int RETAINED = 100_000;
  private static final int INSTALLED = 500;
  private static final int COMMON = 2_000;
  private static final int OFFERED = 60_000;
  private static final int RUNS = 7;

  private PoliciesBench() {}

  /**
   * Prints a table.
   *
   * @param arguments {@code rings} or {@code retention}, and an empty directory
   */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[1]);
    System.out.printf("%-66s %12s %10s %10s%n", "what", "median (ms)", "cpu (ms)", "goal (ms)");
    switch (arguments[0]) {
      case "rings" -> {
        for (int inventories : List.of(200, IMAGES)) {
          new Promoting(Files.createDirectory(data.resolve("" + inventories)), inventories).run();
        }
      }
      case "retention" -> retention(data);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    System.exit(0);
  }

  private static void row(String what, long goal, Callable<?> work) throws Exception {
    List<Long> millis = new ArrayList<>();
    List<Long> cpu = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      long start = System.nanoTime();
      long cpuBefore = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      if (work.call() == null) {
        throw new IllegalStateException("nothing came of it");
      }
      cpu.add(
          (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuBefore) / 1_000_000);
      millis.add((System.nanoTime() - start) / 1_000_000);
    }
    System.out.printf("%-66s %12d %10d %10d%n", what, median(millis), median(cpu), goal);
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static void retention(Path data) throws Exception {
    try (Database database = Database.open(data.resolve("regild.db"))) {
      Instant now = Instant.now();
      database.useTransaction(handle -> fill(handle, database, now));
      Retentions retentions =
          new Retentions(
              database,
              new Quotas(new QuotaLimits(Map.of())),
              (_, _, _, _, _) -> {},
              Clock.systemUTC());
      for (int i = 0; i < RETAINED / 100; i++) {
        var _ =
            retentions.set(
                PolicyFleet.OWNER,
                "line-" + i,
                new RetentionRule(10, Duration.ofDays(1), Duration.ZERO, Duration.ofDays(7)),
                false);
      }
      Retentions.Preview preview = retentions.preview(PolicyFleet.OWNER, Optional.empty());
      row(
          "retention: preview of %,d images, %,d deleted"
              .formatted(RETAINED, preview.count(RetentionPlan.Kind.DELETE)),
          1000,
          () -> retentions.preview(PolicyFleet.OWNER, Optional.empty()));
      row(
          "retention: preview of a line of 100",
          1000,
          () -> retentions.preview(PolicyFleet.OWNER, Optional.of("line-7")));
    }
  }

  /** 1,000 lines of 100 images, each on the layer of the one before; some are held. */
  private static void fill(Handle handle, Database database, Instant now) {
    String digest = new Inventories(database).store(handle, PolicyFleet.inventory("bash=5.2-1"));
    for (int i = 0; i < RETAINED / 100; i++) {
      Image before = null;
      String layer = null;
      Line line = null;
      for (int j = 0; j < 100; j++) {
        Instant created = now.minus(Duration.ofDays(200L - j));
        layer = PolicyFleet.layer(handle, layer, 1_000_000);
        before =
            PolicyFleet.insert(
                handle,
                PolicyFleet.OWNER,
                "line-%d-%d".formatted(i, j),
                digest,
                layer,
                before,
                created);
        if (line == null) {
          line = Lines.add(handle, PolicyFleet.OWNER, "line-" + i, before, created);
        } else {
          handle.execute("INSERT INTO line_image VALUES (?, ?)", before.id(), line.id());
        }
        if (j == i % 50) {
          handle.execute("INSERT INTO tag VALUES (?, 'regild:keep', '')", before.arn());
          handle.execute("INSERT INTO alias VALUES (?, 'prod', ?, 0)", line.id(), before.id());
        }
      }
    }
  }

  /** A channel, and images that follow its ring. */
  private static final class Promoting {
    private final Path data;
    private final int inventories;
    private final TestKey key = TestKey.simple();
    private final TestRepository repository;
    private final ChannelStore channels;
    private int snapshots;

    Promoting(Path data, int inventories) throws Exception {
      this.data = data;
      this.inventories = inventories;
      this.repository = new TestRepository(Files.createDirectory(data.resolve("repository")));
      this.channels = new ChannelStore(data, Clock.systemUTC());
    }

    void run() throws Exception {
      offer();
      channels.add(
          new Channel(
              "bench",
              PolicyFleet.PLATFORM,
              List.of(
                  new AptSource(
                      List.of(repository.uri()),
                      List.of("stable"),
                      List.of("main"),
                      List.of("amd64"),
                      key.armored()))));
      try (Database database = Database.open(data.resolve("regild.db"))) {
        measure(database);
      }
      repository.close();
    }

    private void measure(Database database) throws Exception {
      changelogs(database);
      database.useTransaction(handle -> fill(handle, database));
      Inventories stored = new Inventories(database);
      UpdatePlans plans =
          new UpdatePlans(
              channels,
              stored,
              image -> database.read(handle -> RingRecords.ofImage(handle, image)));
      PlannedFixes fixes =
          new PlannedFixes(
              database,
              stored,
              plans,
              new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC())));
      Rings rings = new Rings(database, channels, Clock.systemUTC());
      Promotions promotions = new Promotions(database, channels, Clock.systemUTC());
      PromotionPreviews previews =
          new PromotionPreviews(database, plans, new Outlook(database, stored, fixes), promotions);
      var _ = rings.add("bench", "dev", Optional.empty(), Gates.OPEN);
      var _ = rings.add("bench", "prod", Optional.of("dev"), new Gates(0, Duration.ZERO));
      var _ = rings.assign("bench", "prod", PolicyFleet.OWNER, "golden");
      var _ = channels.refresh("bench");
      var _ = promotions.promote("bench", "dev", "prod", "bench", Optional.empty());
      offer();
      var _ = channels.refresh("bench");
      var _ = channels.current("bench").orElseThrow().size();
      String of = "of %,d images, %,d inventories".formatted(IMAGES, inventories);
      PromotionPreview preview = previews.of("bench", "dev", "prod");
      row(
          "ring: preview %s, %,d changes, %,d CVEs"
              .formatted(of, preview.changes().size(), preview.cves().size()),
          1000,
          () -> previews.of("bench", "dev", "prod"));
      row(
          "ring: promotion and rollback " + of,
          200,
          () -> {
            var _ = promotions.promote("bench", "dev", "prod", "bench", Optional.empty());
            return promotions.rollback("bench", "prod", "bench");
          });
    }

    /** Offers a new version of one package in twenty, each time of others. */
    private void offer() throws Exception {
      snapshots++;
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < OFFERED; i++) {
        String version = "1." + (2 + (snapshots + 19 - i % 20) / 20) + "-1";
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

    private static String name(int number) {
      return number == 0 ? "linux-image-6.1.0-44-amd64" : "package-" + number;
    }

    private static String hash(int number, String version) {
      return Sha256.of((number + version).getBytes(UTF_8));
    }

    private static void changelogs(Database database) {
      Map<String, Changelog> all = new HashMap<>();
      for (int i = 0; i < COMMON; i++) {
        for (int minor = 2; minor < 5; minor++) {
          String version = "1." + minor + "-1";
          List<Naming> cves = new ArrayList<>();
          for (int j = 0; j < (i == 0 ? 2_500 : 3); j++) {
            cves.add(new Naming("CVE-2026-" + (i * 3 + j + 10_000), true, "fixed"));
          }
          ChangelogEntry entry = new ChangelogEntry(name(i), version, cves);
          all.put(
              hash(i, version),
              new Changelog(
                  name(i), version, name(i), version, "", "", entry, true, List.of(entry)));
        }
      }
      new Changelogs(database, Clock.systemUTC()).keep(all);
    }

    private void fill(Handle handle, Database database) {
      Random random = new Random(1);
      Inventories stored = new Inventories(database);
      List<String> digests = new ArrayList<>();
      for (int i = 0; i < inventories; i++) {
        List<String> packages = new ArrayList<>();
        for (int j = 0; j < INSTALLED; j++) {
          int each = j * (COMMON / INSTALLED) + (j == 0 ? 0 : random.nextInt(COMMON / INSTALLED));
          packages.add(name(each) + (random.nextInt(20) == 0 ? "=1.1-1" : "=1.2-1"));
        }
        digests.add(stored.store(handle, PolicyFleet.inventory(packages.toArray(new String[0]))));
      }
      String layer = PolicyFleet.layer(handle, null, 1000);
      Line line = null;
      for (int i = 0; i < IMAGES; i++) {
        Instant created = Instant.now();
        Image image =
            PolicyFleet.insert(
                handle,
                PolicyFleet.OWNER,
                "image-%05d".formatted(i),
                digests.get(i % inventories),
                layer,
                null,
                created);
        if (line == null) {
          line = Lines.add(handle, PolicyFleet.OWNER, "golden", image, created);
        } else {
          handle.execute("INSERT INTO line_image VALUES (?, ?)", image.id(), line.id());
        }
      }
    }
  }
}
