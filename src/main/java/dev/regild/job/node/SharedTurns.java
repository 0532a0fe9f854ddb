package dev.regild.job.node;

import dev.regild.db.Database;
import dev.regild.db.DatabaseTime;
import dev.regild.db.DatabaseUnavailableException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns among nodes that share a database.
 *
 * @param instance of this node
 */
public record SharedTurns(Database database, String instance) implements Turns {
  private static final Logger LOG = LoggerFactory.getLogger(SharedTurns.class);

  /** Asks first: nodes that look every few seconds would write as often. */
  @Override
  public boolean take(String name) {
    return holder(name).map(instance::equals).orElseGet(() -> takeFree(name));
  }

  /** Who has the turn, if that node is alive or this one. */
  private Optional<String> holder(String name) {
    return database.read(handle ->
        handle
            .createQuery(
                """
                SELECT holder FROM turn
                 WHERE name = :name
                   AND (holder = :instance
                     OR EXISTS (
                       SELECT 1 FROM node
                        WHERE node.instance = turn.holder AND node.stopped = 0
                          AND node.heartbeat > :dead))
                """)
            .bind("name", name)
            .bind("instance", instance)
            .bind("dead", database.clock().millis() - Node.DEAD_AFTER.toMillis())
            .mapTo(String.class)
            .findOne());
  }

  private boolean takeFree(String name) {
    return database.inTransaction(handle -> {
      long now = DatabaseTime.now(handle).toEpochMilli();
      handle
          .createUpdate(
              "INSERT INTO turn (name, holder, begun) VALUES (:name, '', 0)"
                  + " ON CONFLICT (name) DO NOTHING")
          .bind("name", name)
          .execute();
      return handle
              .createUpdate(
                  """
                  UPDATE turn SET holder = :instance, begun = :now
                   WHERE name = :name
                     AND NOT EXISTS (
                       SELECT 1 FROM node
                        WHERE node.instance = turn.holder AND node.instance <> :instance
                          AND node.stopped = 0 AND node.heartbeat > :dead)
                  """)
              .bind("instance", instance)
              .bind("now", now)
              .bind("name", name)
              .bind("dead", now - Node.DEAD_AFTER.toMillis())
              .execute()
          == 1;
    });
  }

  @Override
  public void giveBack(String name) {
    try {
      database.useTransaction(handle ->
          handle
              .createUpdate("UPDATE turn SET holder = '' WHERE name = :name AND holder = :instance")
              .bind("name", name)
              .bind("instance", instance)
              .execute());
    } catch (DatabaseUnavailableException e) {
      // This node takes it again, or the others do once it is dead.
      LOG.debug("the turn {} is kept: {}", name, e.getMessage());
    }
  }
}
