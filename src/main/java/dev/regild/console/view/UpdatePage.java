package dev.regild.console.view;

import java.util.Map;
import java.util.Optional;

/**
 * The plan of an update, and the form that starts it.
 *
 * @param updatable whether the image is in a state in which it can be updated
 * @param changes the plan; empty if none can be made
 * @param unplanned why no plan can be made, and what to do
 * @param typed what stands in the form
 * @param errors what is wrong, by field; {@code ""} for the form as a whole
 */
public record UpdatePage(
    String name,
    boolean updatable,
    Optional<Changes> changes,
    String unplanned,
    Typed typed,
    Map<String, String> errors,
    Commands commands) {

  /** The form's fields, by the member of the request that each fills. */
  public static final Map<String, String> FIELDS =
      Map.of(
          "",
          "new-name",
          "newImageName",
          "new-name",
          "newImageDisplayName",
          "display-name",
          "newImageDescription",
          "description",
          "newImageTags",
          "tags");

  /** What stands in the form. */
  public record Typed(
      String newName,
      String displayName,
      String description,
      String tags,
      boolean allowRemovals,
      boolean skipHooks) {}

  public String error(String field) {
    return errors.getOrDefault(field, "");
  }

  /** The address of the image's page, or of one below it. */
  public String path(String below) {
    return Words.image(name, below);
  }

  public boolean isUpToDate() {
    return changes.isPresent() && changes.get().rows().isEmpty();
  }
}
