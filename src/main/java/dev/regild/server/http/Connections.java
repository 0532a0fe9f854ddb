package dev.regild.server.http;

import dev.regild.server.config.Config;
import dev.regild.server.telemetry.Metrics;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that are open. A new one is admitted before an old one on which nothing is being
 * worked on, so whoever opens many of them and says nothing keeps nobody out; and a connection
 * whose client keeps the server waiting too long is ended.
 */
final class Connections implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
  private static final Duration POLL = Duration.ofMillis(10);
  private static final Duration LONGEST_TICK = Duration.ofSeconds(1);
  private static final Duration SHORTEST_TICK = Duration.ofMillis(50);

  /** A thread whose connection was closed has only its last lines to write. */
  private static final Duration LAST_LINES = Duration.ofSeconds(2);

  /** How many are told at one time why they are refused; the others of a flood are only ended. */
  private static final int MOST_TOLD = 64;

  /** Strangers' before those of known callers, and of these the longest open. */
  private static final Comparator<GuardedConnection> EXPENDABLE_FIRST =
      Comparator.comparing(GuardedConnection::isProven)
          .thenComparingLong(GuardedConnection::opened);

  private final Config.Http limits;
  private final Metrics metrics;
  private final Set<GuardedConnection> open = new HashSet<>();
  private final Set<GuardedConnection> watched = ConcurrentHashMap.newKeySet();
  private final Map<ClientAddress, Integer> byAddress = new HashMap<>();
  private final Semaphore told = new Semaphore(MOST_TOLD);
  private final Thread watching = Thread.ofVirtual().name("connections").unstarted(this::watch);

  private Connections(Config.Http limits, Metrics metrics) {
    this.limits = limits;
    this.metrics = metrics;
  }

  static Connections watched(Config.Http limits, Metrics metrics) {
    Connections connections = new Connections(limits, metrics);
    metrics.connections(connections::size);
    connections.watching.start();
    return connections;
  }

  /**
   * Watches the connection until it is removed.
   *
   * @return whether it may be answered on; if not, it is told so and ended
   */
  boolean admit(GuardedConnection connection) {
    watched.add(connection);
    Optional<GuardedConnection> victim;
    synchronized (this) {
      victim = victimFor(connection);
      if (victim.isEmpty() && isFullFor(connection)) {
        metrics.connectionEnded("refused");
        return false;
      }
      victim.ifPresent(this::discount);
      open.add(connection);
      byAddress.merge(connection.address(), 1, Integer::sum);
    }
    victim.ifPresent(old -> end(old, "replaced"));
    return true;
  }

  /** Tells a client that it is not admitted, unless many are being told already. */
  void tell(Runnable refusal) {
    if (told.tryAcquire()) {
      try {
        refusal.run();
      } finally {
        told.release();
      }
    }
  }

  /** The connection is over. */
  void remove(GuardedConnection connection) {
    watched.remove(connection);
    discount(connection);
  }

  private synchronized void discount(GuardedConnection connection) {
    if (open.remove(connection)) {
      byAddress.computeIfPresent(connection.address(), (_, n) -> n > 1 ? n - 1 : null);
    }
  }

  synchronized int size() {
    return open.size();
  }

  /**
   * Waits until a request has come on each connection, as long as that takes, or the limit.
   *
   * @param least the time that a connection takes until it is one of these
   */
  void awaitRequests(Duration least, Duration limit) throws InterruptedException {
    Thread.sleep(least);
    await(limit, () -> watched.stream().allMatch(GuardedConnection::hasAsked));
  }

  private static void await(Duration limit, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() < end && !condition.getAsBoolean()) {
      Thread.sleep(POLL);
    }
  }

  private boolean isFullFor(GuardedConnection connection) {
    return open.size() >= limits.connections() || isAddressFull(connection.address());
  }

  private boolean isAddressFull(ClientAddress address) {
    return byAddress.getOrDefault(address, 0) >= limits.connectionsPerAddress();
  }

  private Optional<GuardedConnection> victimFor(GuardedConnection connection) {
    if (!isFullFor(connection)) {
      return Optional.empty();
    }
    boolean addressFull = isAddressFull(connection.address());
    return open.stream()
        .filter(GuardedConnection::isExpendable)
        .filter(other -> !addressFull || other.address().equals(connection.address()))
        .min(EXPENDABLE_FIRST);
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(tick());
        for (GuardedConnection connection : watched) {
          connection
              .deadline()
              .missed()
              .ifPresent(wait -> end(connection, wait.name().toLowerCase(Locale.ROOT)));
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("the connection watcher stopped");
    }
  }

  private void end(GuardedConnection connection, String reason) {
    metrics.connectionEnded(reason);
    LOG.atDebug()
        .addKeyValue("remote", connection.address().text())
        .addKeyValue("reason", reason)
        .log("connection ended");
    connection.deadline().end();
    connection.end();
  }

  /** Often enough for the shortest limit. */
  private Duration tick() {
    Duration shortest =
        Stream.of(limits.headTimeLimit(), limits.idleTimeLimit(), limits.bodyTimeLimit())
            .min(Comparator.naturalOrder())
            .orElse(LONGEST_TICK)
            .dividedBy(8);
    return shortest.compareTo(LONGEST_TICK) > 0
        ? LONGEST_TICK
        : shortest.compareTo(SHORTEST_TICK) < 0 ? SHORTEST_TICK : shortest;
  }

  /**
   * Ends the connections that are left, and waits until their calls are in the audit log, which is
   * closed after this.
   */
  @Override
  public void close() {
    watching.interrupt();
    watched.forEach(connection -> end(connection, "stopped"));
    try {
      await(LAST_LINES, watched::isEmpty);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
