package dev.regild.policy.schedule;

import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.fixtures.MadeUpPackages;
import dev.regild.fixtures.TestClock;
import dev.regild.image.Image;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.insight.Changelogs;
import dev.regild.job.node.Turns;
import dev.regild.plan.UpdatePlan;
import dev.regild.policy.PolicyFleet;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import dev.regild.update.Updates;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Judging;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.json.JsonMapper;

/**
 * Measures how long 1,000 schedules that are due at one time take to decide on 10,000 lines when a
 * snapshot has arrived, and to record every decision. For {@code bench/policies.sh}.
 */
final class SchedulesBench {
  private static final int SCHEDULES = 1_000;
  private static final int LINES = 10_000;
  private static final int RUNS = 5;

  /** Numbers of changes, which the status of an image has; and what a plan has to be made for. */
  private static final List<String> PLAIN =
      List.of("{}", "{\"security\": true}", "{\"moreThan\": 20}");

  private static final List<String> ALL =
      List.of(
          "{}",
          "{\"security\": true}",
          "{\"moreThan\": 20}",
          "{\"kernel\": true}",
          "{\"packages\": [\"package-1*\"]}",
          "{\"cves\": [\"CVE-2026-12345\"]}",
          "{\"severity\": \"high\"}");

  private SchedulesBench() {}

  /**
   * Prints a table.
   *
   * @param arguments an empty directory
   */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[0]);
    System.out.printf("%-66s %12s %10s %10s%n", "what", "median (ms)", "cpu (ms)", "goal (ms)");
    measure(Files.createDirectory(data.resolve("few")), 200, ALL, "all conditions");
    measure(Files.createDirectory(data.resolve("many")), LINES, PLAIN, "numbers of changes");
    measure(Files.createDirectory(data.resolve("most")), LINES, ALL, "all conditions");
    System.exit(0);
  }

  private static void measure(Path data, int inventories, List<String> conditions, String what)
      throws Exception {
    try (MadeUpPackages packages = new MadeUpPackages(data, PolicyFleet.PLATFORM);
        Database database = Database.open(data.resolve("regild.db"))) {
      MadeUpPackages.changelogs(database);
      TestClock clock = new TestClock();
      database.useTransaction(
          handle -> fill(handle, database, inventories, conditions, clock.instant()));
      ChannelStore channels = packages.channels();
      Inventories stored = new Inventories(database);
      UpdatePlans plans = new UpdatePlans(channels, stored);
      PlannedFixes fixes =
          new PlannedFixes(
              database,
              stored,
              plans,
              new SnapshotChangelogs(new Changelogs(database, Clock.systemUTC())));
      FeedStore feeds = new FeedStore(database, data, Clock.systemUTC());
      Judging judging =
          new Judging(
              database,
              stored,
              plans,
              fixes,
              feeds,
              new SupportFiles(data, data),
              Turns.ALONE,
              Clock.systemUTC());
      Scheduler scheduler =
          new Scheduler(
              database,
              new PlannedForecasts(database, channels, stored, plans, fixes, feeds),
              new NoUpdates(),
              (_, _, _, _, _) -> {},
              clock);
      List<Long> millis = new ArrayList<>();
      List<Long> cpu = new ArrayList<>();
      for (int i = 0; i < RUNS; i++) {
        packages.next();
        var _ = judging.look();
        clock.advance(Duration.ofDays(1));
        long start = System.nanoTime();
        long cpuBefore = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        scheduler.beginDue();
        cpu.add(
            (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuBefore)
                / 1_000_000);
        millis.add((System.nanoTime() - start) / 1_000_000);
        requireDecisions(database);
      }
      System.out.printf(
          "%-66s %12d %10d %10d%n",
          "schedules: %,d decide on %,d lines, %,d inventories, %s"
              .formatted(SCHEDULES, LINES, inventories, what),
          median(millis),
          median(cpu),
          2000);
    }
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  /** Ends the runs, so that the next ones do not wait for them. */
  private static void requireDecisions(Database database) {
    long decisions =
        database.inTransaction(handle -> {
          long found =
              handle
                  .createQuery("SELECT COUNT(*) FROM schedule_decision WHERE changes > 0")
                  .mapTo(Long.class)
                  .one();
          handle.execute("DELETE FROM schedule_run");
          return found;
        });
    if (decisions != LINES) {
      throw new IllegalStateException(decisions + " decisions name changes");
    }
  }

  /** A line of one image each, and for ten of them a schedule. */
  private static void fill(
      Handle handle, Database database, int inventories, List<String> conditions, Instant now) {
    Random random = new Random(1);
    Inventories stored = new Inventories(database);
    List<String> digests = new ArrayList<>();
    for (int i = 0; i < inventories; i++) {
      digests.add(stored.store(handle, PolicyFleet.inventory(MadeUpPackages.installed(random))));
    }
    String layer = PolicyFleet.layer(handle, null, 1000);
    for (int i = 0; i < LINES; i++) {
      String name = "line-%03d-%d".formatted(i / 10, i % 10);
      Image image =
          PolicyFleet.insert(
              handle,
              PolicyFleet.OWNER,
              name,
              digests.get(i % inventories),
              layer,
              null,
              now.minus(Duration.ofDays(1)));
      Line _ = Lines.add(handle, PolicyFleet.OWNER, name, image, now);
    }
    Schedules schedules = new Schedules(Clock.systemUTC());
    for (int i = 0; i < SCHEDULES; i++) {
      String name = "s-%03d".formatted(i);
      schedules.put(
          handle,
          PolicyFleet.OWNER,
          name,
          schedules.canonical(
              name,
              JsonMapper.shared()
                  .readTree(
                      "{\"lines\": [\"line-%03d-*\"], \"cron\": \"0 2 * * *\", \"when\": %s}"
                          .formatted(i, conditions.get(i % conditions.size())))),
          "bench",
          now);
    }
  }

  /** Nothing is begun. */
  private static final class NoUpdates implements Updates {
    @Override
    public UpdateAnswer update(UpdateRequest request) {
      throw new UnsupportedOperationException();
    }

    @Override
    public UpdatePlan plan(Owner owner, String imageName) {
      throw new UnsupportedOperationException();
    }
  }
}
