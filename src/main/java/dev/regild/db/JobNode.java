package dev.regild.db;

/**
 * The node that a process is in a database that several share: the name under which it takes jobs,
 * and which ones it can do. Its row in the table {@code node} says whether it may take any.
 */
public interface JobNode {
  /** At most 50 characters, unique among the nodes that are alive. */
  String name();

  /** A process's own, never used again. */
  String instance();

  /** What it can do, one bit for each ability, as in {@link JobNeeds}. */
  long abilities();

  /** The room that it has for a job's files now. */
  long freeBytes();
}
