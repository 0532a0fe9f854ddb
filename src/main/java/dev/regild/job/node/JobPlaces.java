package dev.regild.job.node;

import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Where jobs run. */
public final class JobPlaces {
  private JobPlaces() {}

  /**
   * Returns the node on which a job runs; empty while it waits.
   *
   * @param job the id of what it makes, as its steps are recorded
   */
  public static Optional<String> of(Handle handle, String job) {
    // An import's job has the id of its image and that of its disk.
    return handle
        .createQuery(
            """
            SELECT picked_by FROM scheduled_tasks
             WHERE picked = TRUE AND picked_by IS NOT NULL
               AND (task_instance = :job OR task_instance LIKE :job || '/%')
            """)
        .bind("job", job)
        .mapTo(String.class)
        .findFirst();
  }
}
