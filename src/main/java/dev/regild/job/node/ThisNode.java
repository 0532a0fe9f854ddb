package dev.regild.job.node;

import dev.regild.db.Database;
import dev.regild.db.JobNode;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process among the nodes that share a database: holds its name, and says that it is alive.
 */
public final class ThisNode implements JobNode, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ThisNode.class);

  private final Database database;
  private final NodeFacts facts;
  private final Supplier<NodeFacts.Condition> condition;
  private final LongSupplier freeBytes;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("node-heartbeat").unstarted(this::run);
  private volatile long abilities;
  private boolean told;

  private ThisNode(
      Database database,
      NodeFacts facts,
      Supplier<NodeFacts.Condition> condition,
      LongSupplier freeBytes) {
    this.database = database;
    this.facts = facts;
    this.condition = condition;
    this.freeBytes = freeBytes;
  }

  /**
   * Joins the nodes.
   *
   * @param condition what it can do, looked at with each heartbeat
   * @param freeBytes the room for jobs, looked at each time that it might take one
   * @throws NodeRefusedException if another node of its name is alive, or it does not fit the
   *     others
   */
  public static ThisNode join(
      Database database,
      NodeFacts facts,
      Supplier<NodeFacts.Condition> condition,
      LongSupplier freeBytes)
      throws NodeRefusedException {
    ThisNode node = new ThisNode(database, facts, condition, freeBytes);
    node.claim();
    LOG.atInfo().addKeyValue("node", facts.name()).addKeyValue("role", facts.role()).log("joined");
    node.thread.start();
    return node;
  }

  private void claim() throws NodeRefusedException {
    NodeFacts.Condition now = condition.get();
    abilities = Ability.bits(now.abilities());
    database.useTransaction(handle -> NodeRecords.claim(handle, facts, now));
  }

  private void run() {
    try {
      // The first look at the accelerator takes seconds, so the row is renewed after it.
      do {
        beat();
      } while (!closing.await(Node.HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      LOG.debug("the node's heartbeat stops");
    }
  }

  private void beat() {
    try {
      NodeFacts.Condition now = condition.get();
      abilities = Ability.bits(now.abilities());
      if (!database.inTransaction(handle -> NodeRecords.beat(handle, facts, now))) {
        claim();
        LOG.atInfo().addKeyValue("node", facts.name()).log("joined again");
      }
      told = false;
    } catch (NodeRefusedException e) {
      tell("takes no jobs", e);
    } catch (RuntimeException e) {
      tell("heartbeat failed", e);
    }
  }

  /** Once for a row of the same. */
  private void tell(String what, Exception e) {
    if (!told) {
      told = true;
      LOG.atWarn()
          .addKeyValue("node", facts.name())
          .addKeyValue("reason", e.getMessage())
          .log(what);
    }
  }

  @Override
  public String name() {
    return facts.name();
  }

  @Override
  public String instance() {
    return facts.instance();
  }

  @Override
  public long abilities() {
    return abilities;
  }

  @Override
  public long freeBytes() {
    return freeBytes.getAsLong();
  }

  /** Says that it stops; after its jobs have ended or were handed back. */
  @Override
  public void close() {
    closing.countDown();
    thread.interrupt();
    try {
      database.useTransaction(handle -> NodeRecords.stop(handle, facts));
    } catch (RuntimeException e) {
      LOG.debug("the others see by the heartbeat that this node has stopped: {}", e.getMessage());
    }
  }
}
