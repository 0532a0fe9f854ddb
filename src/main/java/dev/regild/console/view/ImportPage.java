package dev.regild.console.view;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The disks of an account, and the form that makes an image of one.
 *
 * @param disks those that were uploaded or exported
 * @param chosen the disk that the form is about; empty before one was chosen
 * @param typed what stands in the form
 * @param errors what is wrong, by field; {@code ""} for the form as a whole
 * @param refusedUpload why an upload was refused; may be empty
 * @param uploads that are not complete
 */
public record ImportPage(
    List<Disk> disks,
    Optional<Disk> chosen,
    Typed typed,
    Map<String, String> errors,
    String refusedUpload,
    List<Incomplete> uploads,
    Optional<Commands> commands,
    Instant now) {

  /** The form's fields, by the member of the request that each fills. */
  public static final Map<String, String> FIELDS =
      Map.of(
          "", "name",
          "Name", "name",
          "DisplayName", "display-name",
          "Description", "description",
          "Tags", "tags",
          "AppCatalogConfig", "applications",
          "appCatalogConfig", "applications",
          "name", "name",
          "tags", "tags");

  /** An upload that goes on when its file is chosen again. */
  public record Incomplete(String id, String received, String size, int percent, Instant begun) {}

  /** A disk. */
  public record Disk(
      String id,
      String origin,
      String format,
      String size,
      String sha256,
      Instant received,
      String packed) {}

  /** What stands in the form. */
  public record Typed(
      String name,
      String displayName,
      String description,
      String tags,
      String applications,
      boolean validate) {}

  public String error(String field) {
    return errors.getOrDefault(field, "");
  }
}
