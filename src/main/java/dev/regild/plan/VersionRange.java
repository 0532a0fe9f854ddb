package dev.regild.plan;

import java.util.Comparator;
import java.util.Optional;

/**
 * Versions from one to another, both included. A bound is compared only as far as it is written:
 * one without an epoch or a revision stands for all epochs or revisions, so that {@code
 * 5.6.0..5.6.1} includes {@code 5.6.1-1}.
 *
 * @param from the lowest version; empty if there is no lower bound
 * @param to the highest version; empty if there is no upper bound
 */
public record VersionRange(Optional<String> from, Optional<String> to) {
  private static final String BETWEEN = "..";

  /**
   * Reads {@code 5.6.1}, {@code 5.6.0..5.6.1}, {@code 5.6.0..} or {@code ..5.6.1}.
   *
   * @throws IllegalArgumentException if it names no version
   */
  public static VersionRange parse(String text) {
    int at = text.indexOf(BETWEEN);
    Optional<String> from = bound(at < 0 ? text : text.substring(0, at));
    Optional<String> to = bound(at < 0 ? text : text.substring(at + BETWEEN.length()));
    if (from.isEmpty() && to.isEmpty()) {
      throw new IllegalArgumentException(
          "The version is '%s'. Write one such as 5.6.1, or a range such as 5.6.0..5.6.1."
              .formatted(text));
    }
    return new VersionRange(from, to);
  }

  private static Optional<String> bound(String text) {
    return Optional.of(text.strip()).filter(version -> !version.isEmpty());
  }

  /** Returns whether it includes a version, in the order of its package system. */
  public boolean includes(String version, Comparator<String> order) {
    return from.filter(bound -> order.compare(alike(version, bound), bound) < 0).isEmpty()
        && to.filter(bound -> order.compare(alike(version, bound), bound) > 0).isEmpty();
  }

  /** Returns the version without the epoch and the revision if the bound has none. */
  private static String alike(String version, String bound) {
    String alike = version;
    if (bound.indexOf(':') < 0) {
      alike = alike.substring(alike.indexOf(':') + 1);
    }
    int revision = alike.lastIndexOf('-');
    return bound.indexOf('-') < 0 && revision > 0 ? alike.substring(0, revision) : alike;
  }

  @Override
  public String toString() {
    return from.equals(to) ? from.orElse("") : from.orElse("") + BETWEEN + to.orElse("");
  }
}
