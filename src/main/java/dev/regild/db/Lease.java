package dev.regild.db;

import org.jdbi.v3.core.Handle;

/**
 * The right of one attempt of a job to record its outcome, until another attempt begins. The job
 * scheduler gives the job's row a new version whenever it hands the job out, or takes it from a
 * worker whose heartbeat has stopped. A worker that was frozen meanwhile holds the old version.
 *
 * @param version the row's version when the attempt began
 * @param node the node that the row was handed to. The scheduler reads the version after it has
 *     taken the row, so a node that is frozen in between may read the version of another one.
 */
public record Lease(String kind, String id, long version, String node) {
  /**
   * Holds the lease until the caller's transaction has ended; every outcome is written in a
   * transaction that does this.
   *
   * @throws LostLeaseException if another attempt has begun
   */
  public void require(Handle handle) {
    // An UPDATE that changes nothing: it waits for whoever takes the job away, and makes them wait.
    // A SELECT could not do the second, since the scheduler's own transactions aren't SERIALIZABLE.
    int held =
        handle
            .createUpdate(
                """
                UPDATE scheduled_tasks SET attempts = attempts
                 WHERE task_name = :kind AND task_instance = :id AND version = :version
                   AND picked_by = :node
                """)
            .bind("kind", kind)
            .bind("id", id)
            .bind("version", version)
            .bind("node", node)
            .execute();
    if (held == 0) {
      throw new LostLeaseException(kind, id);
    }
  }
}
