package dev.regild.cli.doctor;

import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.db.PostgresAddress;
import dev.regild.job.node.Node;
import dev.regild.job.node.SharedNodes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Whether a PostgreSQL database can be used, and which nodes share it. Changes nothing in it. */
record SharedDatabaseCheck(Optional<PostgresAddress> address) {
  private static final String DATABASE = "database";

  /** Requests whose signature is older or younger are refused. */
  private static final Duration MOST_SKEW = Duration.ofMinutes(5);

  void run(Checkup checks) {
    if (address.isEmpty()) {
      return;
    }
    try (Database database = Database.inspect(address.get())) {
      checks.found(DATABASE, "ok", version(database) + " at " + address.get());
      clock(checks, database);
      if (hasNodes(database)) {
        nodes(checks, new SharedNodes(database).list());
      } else {
        checks.found("nodes", "none", "no server of this version has used the database yet");
      }
    } catch (DatabaseUnavailableException | IllegalStateException e) {
      checks.problem(DATABASE, String.valueOf(e.getMessage()));
    }
  }

  private static String version(Database database) {
    return database.read(
        handle -> text(handle, "SELECT 'PostgreSQL ' || current_setting('server_version')"));
  }

  private static boolean hasNodes(Database database) {
    return database.read(handle ->
        text(handle, "SELECT CAST(to_regclass('node') IS NOT NULL AS TEXT)").equals("true"));
  }

  private static String text(Handle handle, String sql) {
    return handle.createQuery(sql).mapTo(String.class).one();
  }

  /** Nodes go by the database's clock; clients of this machine sign by its own. */
  private static void clock(Checkup checks, Database database) {
    Duration ahead = Duration.between(database.clock().instant(), Instant.now());
    String words = "this machine is %.1f s ahead of the database".formatted(ahead.toMillis() / 1e3);
    if (ahead.abs().compareTo(MOST_SKEW) > 0) {
      checks.found("clock", "differs", words + "; servers refuse requests that its clients sign");
    } else {
      checks.found("clock", "ok", words);
    }
  }

  private static void nodes(Checkup checks, List<Node> nodes) {
    for (Node node : nodes) {
      checks.found(
          "node " + node.name(),
          node.state().name(),
          "%s %s on %s, last heartbeat %s%s"
              .formatted(
                  node.role(),
                  node.version(),
                  node.host(),
                  node.heartbeat(),
                  node.draining() ? "; drained" : ""));
    }
    if (!nodes.isEmpty() && nodes.stream().noneMatch(Node::takesJobs)) {
      checks.problem(
          "nodes",
          "No running node takes jobs. Start one (regild worker), or have one take jobs again (regild nodes resume NAME).");
    }
  }
}
