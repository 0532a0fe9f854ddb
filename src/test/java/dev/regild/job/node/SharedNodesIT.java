package dev.regild.job.node;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.db.Database;
import dev.regild.db.JobNeeds;
import dev.regild.db.JobQueue;
import dev.regild.db.Lease;
import dev.regild.db.LostLeaseException;
import dev.regild.fixtures.PostgresDatabase;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Several nodes on one PostgreSQL, each with connections and workers of its own. */
class SharedNodesIT {
  private static final String KIND = "test";
  private static final long LIMIT = 60;

  @RegisterExtension final PostgresDatabase postgres = new PostgresDatabase();

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final BlockingQueue<String> ran = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void aJobGoesToTheNodeThatCanDoIt() throws Exception {
    TestNode plain = node("plain", EnumSet.of(Ability.TOOLS));
    TestNode tpm = node("tpm", EnumSet.of(Ability.TOOLS, Ability.TPM));
    plain.work((id, _) -> ran.add("plain " + id));
    tpm.work((id, _) -> ran.add("tpm " + id));
    for (int i = 0; i < 5; i++) {
      plain.enqueue("job-" + i, needs(Ability.TOOLS, Ability.TPM));
    }
    for (int i = 0; i < 5; i++) {
      assertThat(ran.poll(LIMIT, SECONDS)).startsWith("tpm ");
    }
  }

  @Test
  void aJobThatNeedsANewerNodeOrMoreRoomWaitsAndSaysSo() throws Exception {
    TestNode node = node("small", EnumSet.allOf(Ability.class));
    node.work((id, _) -> ran.add(id));
    node.enqueue("newer", new JobNeeds(1L << 40, 0));
    node.enqueue("large", new JobNeeds(0, TestNode.FREE + 1));
    node.enqueue("fits", new JobNeeds(Ability.bits(EnumSet.allOf(Ability.class)), TestNode.FREE));
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("fits");
    assertThat(ran.poll(1200, MILLISECONDS)).isNull();
    assertThat(node.waiting("newer"))
        .hasValueSatisfying(
            words -> assertThat(words).contains("no running node has a newer version of Regild"));
    assertThat(node.waiting("large"))
        .hasValueSatisfying(words -> assertThat(words).contains("1025 MiB"));
  }

  @Test
  void whyAJobWaitsIsToldAsLongAsItDoes() throws Exception {
    TestNode front = node("front", EnumSet.noneOf(Ability.class));
    front.enqueue("job", needs(Ability.TPM, Ability.UEFI));
    assertThat(front.waiting("job"))
        .hasValueSatisfying(words ->
            assertThat(words).contains("no running node has OVMF and swtpm", "regild nodes"));
    TestNode able = node("able", EnumSet.of(Ability.TPM, Ability.UEFI));
    assertThat(able.nodes().setDraining("able", true)).isTrue();
    assertThat(front.waiting("job"))
        .hasValueSatisfying(
            words -> assertThat(words).contains("drained", "regild nodes resume able"));
    assertThat(able.nodes().setDraining("able", false)).isTrue();
    assertThat(front.waiting("job")).isEmpty();
    able.close();
    assertThat(front.waiting("job"))
        .hasValueSatisfying(
            words -> assertThat(words).contains("no running node has OVMF and swtpm"));
  }

  /** Not what the nodes have: somebody who reads it would look for the wrong thing. */
  @Test
  void onlyWhatIsMissingIsTold() throws Exception {
    TestNode worker = node("worker", EnumSet.of(Ability.TOOLS, Ability.VM, Ability.UEFI));
    worker.enqueue("job", needs(Ability.TOOLS, Ability.VM, Ability.UEFI, Ability.TPM));
    assertThat(worker.waiting("job"))
        .hasValueSatisfying(
            words -> assertThat(words).startsWith("Waiting: no running node has swtpm. "));
    node("other", EnumSet.of(Ability.TPM));
    assertThat(worker.waiting("job"))
        .hasValueSatisfying(words ->
            assertThat(words).contains("all that the job needs; worker lacks only swtpm. "));
  }

  @Test
  void aDrainedNodeEndsItsJobAndTakesNoOther() throws Exception {
    CountDownLatch going = new CountDownLatch(1);
    TestNode node = node("drained", EnumSet.noneOf(Ability.class));
    node.work((id, _) -> {
      ran.add(id);
      if (id.equals("first")) {
        going.await();
        ran.add("ended");
      }
    });
    node.enqueue("first", JobNeeds.NONE);
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("first");
    node.enqueue("second", JobNeeds.NONE);
    assertThat(node.nodes().setDraining("nobody", true)).isFalse();
    assertThat(node.nodes().setDraining("drained", true)).isTrue();
    going.countDown();
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("ended");
    assertThat(ran.poll(1200, MILLISECONDS)).isNull();
    assertThat(node.nodes().setDraining("drained", false)).isTrue();
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("second");
  }

  @Test
  void aCancellationReachesTheNodeThatRunsTheJob() throws Exception {
    TestNode front = node("front", EnumSet.noneOf(Ability.class));
    TestNode worker = node("worker", EnumSet.noneOf(Ability.class));
    CountDownLatch going = new CountDownLatch(1);
    worker.work((id, _) -> {
      ran.add(id);
      going.await();
    });
    front.enqueue("job", JobNeeds.NONE);
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("job");
    front.database.useTransaction(handle -> JobQueue.cancel(handle, KIND, "job"));
    assertThat(told.poll(LIMIT, SECONDS)).isEqualTo("worker: job cancelled");
    going.countDown();
  }

  /** As one that was frozen for longer than its lease. */
  @Test
  void aNodeWhoseJobWasTakenOverIsToldAndRecordsNothing() throws Exception {
    TestNode late = node("late", EnumSet.noneOf(Ability.class));
    CountDownLatch going = new CountDownLatch(1);
    late.work((id, lease) -> {
      ran.add("late " + id);
      going.await();
      late.database.useTransaction(lease::require);
    });
    late.enqueue("job", JobNeeds.NONE);
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("late job");
    // What the scheduler of another node writes where a heartbeat has stopped.
    late.database.useTransaction(handle ->
        handle.execute(
            "UPDATE scheduled_tasks SET picked = FALSE, picked_by = NULL, version = version + 1"));
    TestNode next = node("next", EnumSet.noneOf(Ability.class));
    next.work((id, lease) -> {
      next.database.useTransaction(lease::require);
      ran.add("next " + id);
    });
    assertThat(told.poll(LIMIT, SECONDS)).isEqualTo("late: job lost");
    going.countDown();
    assertThat(late.failure.poll(LIMIT, SECONDS)).isInstanceOf(LostLeaseException.class);
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("next job");
  }

  @Test
  void theStartOfANodeTakesBackItsOwnJobsAndNoOthers() throws Exception {
    TestNode other = node("other", EnumSet.noneOf(Ability.class));
    other.enqueue("its", JobNeeds.NONE);
    other.enqueue("mine", JobNeeds.NONE);
    other.database.useTransaction(handle ->
        handle.execute(
            """
            UPDATE scheduled_tasks
               SET picked = TRUE, last_heartbeat = now(),
                   picked_by = CASE WHEN task_instance = 'its' THEN 'other' ELSE 'again' END
            """));
    TestNode again = node("again", EnumSet.noneOf(Ability.class));
    again.work((id, _) -> ran.add(id));
    assertThat(ran.poll(LIMIT, SECONDS)).isEqualTo("mine");
    assertThat(ran.poll(1200, MILLISECONDS)).isNull();
    assertThat(other.nodes().list())
        .filteredOn(node -> node.name().equals("other"))
        .singleElement()
        .satisfies(node -> assertThat(node.jobs()).isEqualTo(1));
  }

  @Test
  void aNameBelongsToOneLivingNode() throws Exception {
    TestNode first = node("same", EnumSet.noneOf(Ability.class));
    assertThatThrownBy(() -> node("same", EnumSet.noneOf(Ability.class)))
        .isInstanceOf(NodeRefusedException.class)
        .hasMessageContaining("node.name is 'same'")
        .hasMessageContaining("choose another name");
    // Killed and started again: its directory tells that it is the same.
    ThisNode again = join(first.database, first.facts("again"));
    again.close();
    node("same", EnumSet.noneOf(Ability.class));
    assertThat(first.nodes().list()).hasSize(1);
  }

  @Test
  void aNodeWithoutTheStoreOfTheOthersIsRefused() throws Exception {
    TestNode first = node("first", EnumSet.noneOf(Ability.class));
    assertThatThrownBy(() -> join(first.database, first.facts("second", Optional.empty())))
        .isInstanceOf(NodeRefusedException.class)
        .hasMessageContaining("store is not set")
        .hasMessageContaining("first");
  }

  @Test
  void oneNodeAtATimeHasATurn() throws Exception {
    TestNode one = node("one", EnumSet.noneOf(Ability.class));
    TestNode two = node("two", EnumSet.noneOf(Ability.class));
    assertThat(one.turns().take("sweep")).isTrue();
    assertThat(one.turns().take("sweep")).isTrue();
    assertThat(two.turns().take("sweep")).isFalse();
    assertThat(two.turns().take("another")).isTrue();
    two.turns().giveBack("sweep");
    assertThat(two.turns().take("sweep")).isFalse();
    one.turns().giveBack("sweep");
    assertThat(two.turns().take("sweep")).isTrue();
    one.database.useTransaction(handle ->
        handle.execute("UPDATE node SET heartbeat = heartbeat - 41000 WHERE name = 'two'"));
    assertThat(one.turns().take("sweep")).isTrue();
    one.close();
    assertThat(two.turns().take("sweep")).isTrue();
  }

  @Test
  void aNodeSaysThatItStoppedAndOneThatWasKilledIsDead() throws Exception {
    TestNode stopped = node("stopped", EnumSet.noneOf(Ability.class));
    TestNode killed = node("killed", EnumSet.of(Ability.TOOLS));
    stopped.close();
    killed.database.useTransaction(handle ->
        handle.execute("UPDATE node SET heartbeat = heartbeat - 41000 WHERE name = 'killed'"));
    assertThat(killed.nodes().list())
        .extracting(Node::name, Node::state)
        .containsExactly(tuple("killed", Node.State.DEAD), tuple("stopped", Node.State.STOPPED));
  }

  /** Else a schedule would act twice for one time, and a notice come from each node. */
  @Test
  void recurringWorkIsDoneByOneNodeAtATimeAndGoesOnWithoutIt() throws Exception {
    AtomicInteger atWork = new AtomicInteger();
    BlockingQueue<String> rounds = new LinkedBlockingQueue<>();
    Map<String, RecurringWork> works = new HashMap<>();
    for (String each : List.of("one", "two", "three")) {
      RecurringWork work =
          new RecurringWork(
              "errands",
              RecurringWork.Pauses.of(Duration.ofMillis(5)),
              node(each, EnumSet.noneOf(Ability.class)).turns(),
              () -> {
                try {
                  rounds.add(atWork.incrementAndGet() == 1 ? each : "together");
                  Thread.sleep(2);
                } finally {
                  atWork.decrementAndGet();
                }
              });
      works.put(each, work);
      opened.push(work);
    }
    works.values().forEach(RecurringWork::start);
    while (!works.isEmpty()) {
      String first = rounds.poll(LIMIT, SECONDS);
      for (int i = 0; i < 20; i++) {
        assertThat(rounds.poll(LIMIT, SECONDS)).isEqualTo(first);
      }
      works.remove(first).close();
      rounds.removeIf(first::equals);
    }
  }

  private interface Work {
    void run(String id, Lease lease) throws InterruptedException;
  }

  private static JobNeeds needs(Ability... abilities) {
    return new JobNeeds(Ability.bits(List.of(abilities)), 0);
  }

  private ThisNode join(Database database, NodeFacts facts) throws NodeRefusedException {
    ThisNode node =
        ThisNode.join(
            database,
            facts,
            () -> new NodeFacts.Condition(Set.of(), TestNode.FREE, "TCG"),
            () -> TestNode.FREE);
    opened.push(node);
    return node;
  }

  private TestNode node(String node, Set<Ability> abilities) throws NodeRefusedException {
    Database database = postgres.open();
    opened.push(database);
    return new TestNode(node, database, abilities);
  }

  /** A process of its own, but for the process. */
  private final class TestNode implements AutoCloseable {
    static final long FREE = 1L << 30;

    final Database database;
    final ThisNode node;
    final BlockingQueue<Throwable> failure = new LinkedBlockingQueue<>();
    private final String nodeName;
    private final String directory = UUID.randomUUID().toString();
    private final String instance = UUID.randomUUID().toString();
    private final JobQueue jobs;
    private Work work = (_, _) -> {};
    private boolean closed;

    TestNode(String nodeName, Database database, Set<Ability> abilities)
        throws NodeRefusedException {
      this.nodeName = nodeName;
      this.database = database;
      this.node =
          ThisNode.join(
              database,
              facts(nodeName, instance, Optional.of("s3://images")),
              () -> new NodeFacts.Condition(abilities, FREE, "TCG"),
              () -> FREE);
      this.jobs =
          new JobQueue(database, Clock.systemUTC(), 1, Duration.ofMillis(100), Optional.of(node));
      jobs.register(KIND, new TestJob());
      opened.push(this);
    }

    NodeFacts facts(String instance) {
      return facts(nodeName, instance, Optional.of("s3://images"));
    }

    NodeFacts facts(String name, Optional<String> store) {
      return facts(name, UUID.randomUUID().toString(), store);
    }

    private NodeFacts facts(String name, String instance, Optional<String> store) {
      return new NodeFacts(name, directory, instance, "host", "1.0", "serve", 1, "VM", store);
    }

    void work(Work work) {
      this.work = work;
      jobs.start();
    }

    void enqueue(String id, JobNeeds needs) {
      database.useTransaction(handle -> jobs.enqueue(handle, KIND, id, needs));
      jobs.wake();
    }

    Nodes nodes() {
      return new SharedNodes(database);
    }

    Turns turns() {
      return new SharedTurns(database, instance);
    }

    Optional<String> waiting(String job) {
      return database.read(handle -> nodes().waiting(handle, job));
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        jobs.close();
        node.close();
      }
    }

    private final class TestJob implements JobQueue.Job {
      @Override
      public void run(String id, Lease lease) throws InterruptedException {
        try {
          work.run(id, lease);
        } catch (RuntimeException e) {
          failure.add(e);
          throw e;
        }
      }

      @Override
      public void giveUp(String id, Lease lease, String why) {
        told.add(nodeName + ": " + id + " given up");
      }

      @Override
      public void cancel(String id) {
        told.add(nodeName + ": " + id + " cancelled");
      }

      @Override
      public void lose(String id) {
        told.add(nodeName + ": " + id + " lost");
      }
    }
  }
}
