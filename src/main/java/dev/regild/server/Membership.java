package dev.regild.server;

import dev.regild.db.Database;
import dev.regild.db.JobNode;
import dev.regild.db.JobQueue;
import dev.regild.disk.RoomReservations;
import dev.regild.job.node.HostAbilities;
import dev.regild.job.node.NodeFacts;
import dev.regild.job.node.NodeIdentity;
import dev.regild.job.node.NodeRefusedException;
import dev.regild.job.node.Nodes;
import dev.regild.job.node.OnlyNode;
import dev.regild.job.node.RememberedTurns;
import dev.regild.job.node.Routing;
import dev.regild.job.node.SharedNodes;
import dev.regild.job.node.SharedTurns;
import dev.regild.job.node.ThisNode;
import dev.regild.job.node.Turns;
import dev.regild.machine.ToolVersions;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process is among the nodes of its database. With an embedded database it is the only
 * one; then nothing is written or looked for until somebody asks.
 */
final class Membership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

  private final Config config;
  private final Role role;
  private final Path data;
  private final Database database;
  private final HostAbilities abilities;
  private final String instance = UUID.randomUUID().toString();
  private final Optional<ThisNode> node;

  private Membership(
      Config config,
      Role role,
      Path data,
      Path work,
      Database database,
      ProvenAccelerator accelerator)
      throws ConfigException, IOException {
    this.config = config;
    this.role = role;
    this.data = data;
    this.database = database;
    LongSupplier freeBytes = () -> freeBytes(work);
    this.abilities = new HostAbilities(config.isolation(), accelerator::known, freeBytes);
    this.node = database.isShared() ? Optional.of(join(freeBytes)) : Optional.empty();
  }

  /**
   * Joins the other nodes of a shared database.
   *
   * @param work the directory of its jobs' unfinished files
   * @throws ConfigException if another node has its name, or it does not fit the others
   */
  static Membership join(
      Config config,
      Role role,
      Path data,
      Path work,
      Database database,
      ProvenAccelerator accelerator)
      throws ConfigException, IOException {
    return new Membership(config, role, data, work, database, accelerator);
  }

  private ThisNode join(LongSupplier freeBytes) throws ConfigException, IOException {
    try {
      return ThisNode.join(database, facts(), abilities, freeBytes);
    } catch (NodeRefusedException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  private NodeFacts facts() throws IOException {
    NodeIdentity identity = NodeIdentity.of(data);
    return new NodeFacts(
        config.node().name().orElseGet(identity::defaultName),
        identity.directory(),
        instance,
        identity.host(),
        ToolVersions.ofRegild().getOrDefault("regild", ""),
        role.words(),
        role.runsJobs() ? config.workers() : 0,
        config.isolation().name(),
        config.store().map(store -> store.location().toString()));
  }

  /** What a job may take: a file system that fills up fails more than one job. */
  private static long freeBytes(Path work) {
    try {
      return Math.max(0, Files.getFileStore(work).getUsableSpace() - RoomReservations.MARGIN_BYTES);
    } catch (IOException e) {
      LOG.debug("the free space of {} is not known: {}", work, e.getMessage());
      return 0;
    }
  }

  /** Under which name this process takes jobs; empty if it is the only one. */
  Optional<JobNode> jobNode() {
    return node.map(it -> it);
  }

  Nodes nodes(JobQueue jobs, Clock clock) {
    return node.isPresent()
        ? new SharedNodes(database)
        : new OnlyNode(this::knownFacts, abilities, jobs, clock);
  }

  /** The name of this node. */
  String name() {
    return knownFacts().name();
  }

  private NodeFacts knownFacts() {
    try {
      return facts();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Turns turns() {
    return node.isPresent()
        ? new RememberedTurns(new SharedTurns(database, instance))
        : Turns.ALONE;
  }

  Routing routing() {
    return new Routing(config.isolation(), config.node().kvm());
  }

  /** Says to the others that this node stops. */
  @Override
  public void close() {
    node.ifPresent(ThisNode::close);
  }
}
