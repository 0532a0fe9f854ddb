package dev.regild.policy.revocation;

import dev.regild.image.Owner;
import dev.regild.image.jobs.ExportTask;
import dev.regild.plan.VersionRange;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * That images are not to be used any more.
 *
 * @param by the access key that asked for it
 * @param undone when it was undone; empty if it holds
 */
public record Revocation(
    String id,
    Owner owner,
    Subject subject,
    boolean descendants,
    String reason,
    Instant created,
    String by,
    Optional<Instant> undone) {

  /** What is revoked. */
  public sealed interface Subject {
    /** One image. */
    record OfImage(String id, String name) implements Subject {}

    /**
     * Every image that has a package, those that are made later too.
     *
     * @param range its versions; empty for every version
     */
    record OfPackage(String name, Optional<VersionRange> range) implements Subject {}

    /** Returns it as a text. */
    default String text() {
      return switch (this) {
        case OfImage image -> image.name();
        case OfPackage wanted ->
            wanted.name() + wanted.range().map(range -> " " + range).orElse("");
      };
    }
  }

  /** Why an image belongs to a revocation. */
  public enum Relation {
    NAMED,
    /** It has the package. */
    PACKAGE,
    /** It was made from one that belongs to it. */
    DESCENDANT,
    /** It stands on the same layer as one that belongs to it. */
    COPY
  }

  /**
   * An image that belongs to a revocation.
   *
   * @param cause the package and its version, or the image that it was made from
   */
  public record Affected(String imageId, String name, Relation relation, String cause) {}

  /**
   * The same, with who has it.
   *
   * @param exists whether it was not deleted
   * @param shares the accounts that it is shared with
   * @param exports the completed exports of it
   */
  public record Listed(
      Affected affected, boolean exists, List<String> shares, List<ExportTask> exports) {}
}
