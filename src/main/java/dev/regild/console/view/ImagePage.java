package dev.regild.console.view;

import dev.regild.image.Application;
import dev.regild.image.Qualification;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One image.
 *
 * @param own whether it belongs to whoever looks
 * @param reason why it is in its state; empty if nothing is wrong
 * @param facts what is known of it, by its name
 * @param steps the job that makes it; empty if it has none
 * @param job what that job is for: {@code update}
 * @param changes what the update that made it changed; empty if no update did
 * @param existing the image that it was updated from
 * @param boot what was seen of its boot; only for its owner
 */
public record ImagePage(
    String name,
    boolean own,
    ImagesPage.State state,
    String displayName,
    String description,
    String reason,
    Standing standing,
    boolean available,
    boolean running,
    boolean deletable,
    Map<String, String> facts,
    Map<String, String> tags,
    List<Share> shares,
    List<Application> applications,
    Optional<JobSteps> steps,
    String job,
    Optional<Changes> changes,
    String existing,
    Lineage lineage,
    List<Child> children,
    Optional<Qualification> qualification,
    Optional<Boot> boot,
    boolean hasDisk,
    boolean hasStatement,
    Commands deletion,
    Commands tagging,
    Commands sharing,
    Commands cancelling,
    Instant created,
    Instant now) {

  /**
   * A boot as it was seen from outside.
   *
   * @param took in words
   * @param screen where its picture is; empty if there is none
   */
  public record Boot(Instant reported, String took, String console, String screen) {}

  /** An account that the image is shared with. */
  public record Share(String account, boolean fleets, boolean builders) {}

  /** An image that was updated from this one. */
  public record Child(String name, String href) {}

  /** The address of this image's page, or of one below it. */
  public String path(String below) {
    return Words.image(name, below);
  }
}
