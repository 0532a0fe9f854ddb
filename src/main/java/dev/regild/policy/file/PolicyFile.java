package dev.regild.policy.file;

/**
 * A text in YAML with policies.
 *
 * @param name how errors name it; empty if it is the only one and has none
 */
public record PolicyFile(String name, String yaml) {
  /** Returns a message about it, which begins with its name. */
  String about(String message) {
    return name.isEmpty() ? message : name + ": " + message;
  }
}
