package dev.regild.policy.file;

import java.util.Map;
import java.util.Optional;

/**
 * What is different between the policies of a registry and those of files.
 *
 * @param before the canonical spec in the registry; empty if there is no such policy
 * @param after that of the files; empty if they do not have it
 */
public record PolicyChange(
    String kind,
    String name,
    Optional<Map<String, Object>> before,
    Optional<Map<String, Object>> after) {

  /** What becomes of the policy. */
  public enum Act {
    ADD,
    CHANGE,
    REMOVE
  }

  /** Returns what becomes of the policy if the files are applied. */
  public Act act() {
    if (before.isEmpty()) {
      return Act.ADD;
    }
    return after.isEmpty() ? Act.REMOVE : Act.CHANGE;
  }
}
