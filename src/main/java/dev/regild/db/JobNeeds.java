package dev.regild.db;

/**
 * What a node must have to run a job. The embedded database has one node, which runs all jobs.
 *
 * @param abilities one bit for each ability. A node does not take a job with a bit that its version
 *     does not know.
 * @param bytes the least room for the job's files
 */
public record JobNeeds(long abilities, long bytes) {
  /** Any node can run the job. */
  public static final JobNeeds NONE = new JobNeeds(0, 0);

  public JobNeeds {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes is negative: " + bytes);
    }
  }
}
