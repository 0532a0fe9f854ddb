package dev.regild.job.node;

import java.util.Optional;
import java.util.Set;

/**
 * What a node says of itself, for as long as its process lives.
 *
 * @param name unique among the nodes that are alive
 * @param directory the id of its data directory, by which a node that starts again is told from
 *     another one of the same name
 * @param instance the id of its process
 * @param role "serve", "serve --no-jobs" or "worker"
 * @param workers how many jobs it runs at once; 0 if it runs none
 * @param isolation of the updates that it accepts and makes
 * @param store where its layers are; empty if they are in its data directory
 */
public record NodeFacts(
    String name,
    String directory,
    String instance,
    String host,
    String version,
    String role,
    int workers,
    String isolation,
    Optional<String> store) {

  /**
   * What may change while it lives.
   *
   * @param freeBytes of the file system for its jobs
   * @param accelerator {@code KVM}, {@code TCG}, or {@code unknown} until it was tried
   */
  public record Condition(Set<Ability> abilities, long freeBytes, String accelerator) {}
}
