package dev.regild.job.node;

import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The nodes of this registry: several that share a database, or this server alone. */
public interface Nodes {
  /** Returns all nodes, by name; those that are dead or stopped are listed for a week. */
  List<Node> list();

  /**
   * Has a node take no new jobs, or take them again. Running jobs go on.
   *
   * @return whether there is a node of that name
   */
  boolean setDraining(String name, boolean draining);

  /**
   * Returns why no node that runs can take a job that waits, and what to do; empty if one can, or
   * the job runs.
   *
   * @param job the id of what it makes, as its steps are recorded
   */
  Optional<String> waiting(Handle handle, String job);
}
