package dev.regild.policy;

import dev.regild.channel.ChannelStore;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.fixtures.MadeUpPackages;
import dev.regild.image.Image;
import dev.regild.image.Inventories;
import dev.regild.image.quota.QuotaLimits;
import dev.regild.image.quota.Quotas;
import dev.regild.insight.Changelogs;
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
          rings(Files.createDirectory(data.resolve("" + inventories)), inventories);
        }
      }
      case "retention" -> retention(data);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    System.exit(0);
  }

  private static void row(String what, long goal, Callable<?> work) throws Exception {
    row(what, goal, () -> true, work);
  }

  /**
   * Measures some work several times.
   *
   * @param before what is done before each time, and not measured
   */
  private static void row(String what, long goal, Callable<?> before, Callable<?> work)
      throws Exception {
    List<Long> millis = new ArrayList<>();
    List<Long> cpu = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      var _ = before.call();
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

  /** Images that follow a ring. */
  private static void rings(Path data, int inventories) throws Exception {
    try (MadeUpPackages packages = new MadeUpPackages(data, PolicyFleet.PLATFORM);
        Database database = Database.open(data.resolve("regild.db"))) {
      MadeUpPackages.changelogs(database);
      database.useTransaction(handle -> fill(handle, database, inventories));
      ChannelStore channels = packages.channels();
      Inventories stored = new Inventories(database);
      UpdatePlans plans =
          new UpdatePlans(
              channels,
              stored,
              images -> database.read(handle -> RingRecords.ofImages(handle, images)));
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
      var _ = promotions.promote("bench", "dev", "prod", "bench", Optional.empty());
      packages.next();
      String of = "of %,d images, %,d inventories".formatted(IMAGES, inventories);
      PromotionPreview preview = previews.of("bench", "dev", "prod");
      row(
          "ring: preview %s, %,d changes, %,d CVEs"
              .formatted(of, preview.changes().size(), preview.cves().size()),
          1000,
          () -> previews.of("bench", "dev", "prod"));
      var _ = promotions.promote("bench", "dev", "prod", "bench", Optional.empty());
      // The same snapshot is promoted again after a rollback.
      row(
          "ring: promotion " + of,
          100,
          () -> promotions.rollback("bench", "prod", "bench"),
          () -> promotions.promote("bench", "dev", "prod", "bench", Optional.empty()));
    }
  }

  private static void fill(Handle handle, Database database, int inventories) {
    Random random = new Random(1);
    Inventories stored = new Inventories(database);
    List<String> digests = new ArrayList<>();
    for (int i = 0; i < inventories; i++) {
      digests.add(stored.store(handle, PolicyFleet.inventory(MadeUpPackages.installed(random))));
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
