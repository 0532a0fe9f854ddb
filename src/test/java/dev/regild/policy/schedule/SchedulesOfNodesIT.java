package dev.regild.policy.schedule;

import static dev.regild.image.Registry.ALICE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.ring.Ring;
import dev.regild.db.Database;
import dev.regild.fixtures.PostgresDatabase;
import dev.regild.fixtures.TestClock;
import dev.regild.image.Image;
import dev.regild.image.ImageState;
import dev.regild.image.Owner;
import dev.regild.image.Registry;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.SharedTurns;
import dev.regild.plan.UpdatePlan;
import dev.regild.policy.PolicyNode;
import dev.regild.policy.line.Lines;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import dev.regild.update.Updates;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/** One schedule, and three nodes on one PostgreSQL that all look at it. */
class SchedulesOfNodesIT {
  @RegisterExtension final PostgresDatabase postgres = new PostgresDatabase();

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final BlockingQueue<String> begun = new LinkedBlockingQueue<>();
  private final TestClock clock = new TestClock();

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void eachTimeOneOfThemBeginsOneUpdateAndOthersGoOnWhenItEnds() throws Exception {
    Registry registry = new Registry(database());
    Image golden = registry.available(ALICE, "golden");
    registry.write(handle -> Lines.add(handle, ALICE, "golden", golden, clock.instant()));
    registry.write(handle -> handle.execute("UPDATE image SET created = 0"));
    Schedules schedules = new Schedules(clock);
    Map<String, Object> spec =
        schedules.canonical(
            "nightly",
            JsonMapper.shared().readTree("{\"lines\": [\"golden\"], \"cron\": \"0 2 * * *\"}"));
    registry.write(handle -> {
      schedules.add(handle, ALICE, "nightly", spec, clock.instant());
      return true;
    });
    Map<String, RecurringWork> works = new HashMap<>();
    for (String name : List.of("one", "two", "three")) {
      works.put(name, node(name));
    }
    works.values().forEach(RecurringWork::start);
    for (int day = 1; day <= 3; day++) {
      clock.advance(Duration.ofDays(1));
      String update = begun.poll(60, TimeUnit.SECONDS);
      assertThat(update).endsWith(" golden-" + (day + 1));
      int made = day;
      registry.write(handle ->
          handle.execute(
              """
              UPDATE image SET state = 'AVAILABLE', created = ?,
                     layer_id = (SELECT MIN(layer_id) FROM image),
                     inventory_digest = (SELECT MIN(inventory_digest) FROM image),
                     disk_layout = (SELECT MIN(disk_layout) FROM image),
                     qualification = (SELECT MIN(qualification) FROM image)
               WHERE name = ?
              """,
              made,
              "golden-" + (made + 1)));
      awaitEnd(registry, day);
      assertThat(begun).as("nobody else begins one").isEmpty();
      works.remove(update.split(" ", 2)[0]).close();
    }
    Schedule schedule = registry.read(handle -> Schedules.require(handle, ALICE, "nightly"));
    List<Run> runs = registry.read(handle -> Runs.last(handle, schedule, 10));
    assertThat(runs).hasSize(3).allSatisfy(run -> assertThat(run.decisions()).hasSize(1));
  }

  private static void awaitEnd(Registry registry, int runs) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (System.nanoTime() < end) {
      long ended =
          registry.read(handle ->
              handle
                  .createQuery("SELECT COUNT(*) FROM schedule_run WHERE ended IS NOT NULL")
                  .mapTo(Long.class)
                  .one());
      if (ended == runs) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("the run did not end");
  }

  private Database database() throws Exception {
    Database database = postgres.open();
    opened.push(database);
    return database;
  }

  /** A process of its own, but for the process. It looks without a pause, not every 5 s. */
  private RecurringWork node(String name) throws Exception {
    Database database = database();
    String instance = UUID.randomUUID().toString();
    opened.push(PolicyNode.join(database, name, instance));
    Scheduler scheduler =
        new Scheduler(
            database,
            new OneChange(),
            new Recorded(name, new Registry(database)),
            (_, _, _, _, _) -> {},
            clock);
    RecurringWork work =
        new RecurringWork(
            "schedules",
            RecurringWork.Pauses.of(Duration.ofMillis(5)),
            new SharedTurns(database, instance),
            scheduler::look);
    opened.push(work);
    return work;
  }

  private static final class OneChange implements Forecasts {
    @Override
    public String snapshot(String platform, Optional<Ring> ring) {
      return "sha256:s";
    }

    @Override
    public PlanFacts facts(
        String platform,
        Optional<Ring> ring,
        String inventory,
        Optional<Duration> cooldown,
        boolean fixes,
        Instant at) {
      return new PlanFacts(1, 0, 0, Optional.empty(), Set.of(), List.of("bash"), false, false);
    }
  }

  /** Writes updates down, and makes none. */
  private final class Recorded implements Updates {
    private final String node;
    private final Registry registry;

    private Recorded(String node, Registry registry) {
      this.node = node;
      this.registry = registry;
    }

    @Override
    public UpdateAnswer update(UpdateRequest request) {
      Image created = AcceptedUpdates.accept(registry, request, clock);
      assertThat(created.state()).isEqualTo(ImageState.PENDING);
      begun.add(node + " " + created.name());
      return new UpdateAnswer(created, true);
    }

    @Override
    public UpdatePlan plan(Owner owner, String imageName) {
      throw new UnsupportedOperationException();
    }
  }
}
