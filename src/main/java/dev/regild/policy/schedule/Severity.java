package dev.regild.policy.schedule;

import java.util.Locale;
import java.util.Optional;

/** How severe a problem is, on one scale for the words of all vendors. */
public enum Severity {
  LOW,
  MEDIUM,
  HIGH,
  CRITICAL;

  /** Reads a vendor's word; empty for one that says nothing. */
  public static Optional<Severity> of(String word) {
    return switch (word.toLowerCase(Locale.ROOT).strip()) {
      case "low", "unimportant", "negligible", "minor" -> Optional.of(LOW);
      case "medium", "moderate" -> Optional.of(MEDIUM);
      case "high", "important" -> Optional.of(HIGH);
      case "critical", "urgent", "emergency" -> Optional.of(CRITICAL);
      default -> Optional.empty();
    };
  }

  /** Returns the word for it in specs. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
