package dev.regild.console.view;

import java.util.Map;

/**
 * The form that makes a copy or an export of an image.
 *
 * @param kind {@code copy} or {@code export}
 * @param newName what stands in the field of the name
 * @param region what stands in the field of the region; of a copy
 * @param description what stands in the field of the description
 * @param errors what is wrong, by field; {@code ""} for the form as a whole
 */
public record DerivedPage(
    String name,
    String kind,
    String newName,
    String region,
    String description,
    Map<String, String> errors,
    Commands commands) {

  /** The form's fields, by the member of the request that each fills. */
  public static final Map<String, String> FIELDS =
      Map.of(
          "", "new-name",
          "DestinationImageName", "new-name",
          "destinationImageName", "new-name",
          "AmiName", "new-name",
          "amiName", "new-name",
          "DestinationRegion", "region",
          "destinationRegion", "region",
          "DestinationImageDescription", "description",
          "AmiDescription", "description");

  public boolean isCopy() {
    return kind.equals("copy");
  }

  public String error(String field) {
    return errors.getOrDefault(field, "");
  }

  /** The address of the image's page, or of one below it. */
  public String path(String below) {
    return Words.image(name, below);
  }
}
