package dev.regild.console.view;

import dev.regild.image.ImageState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A page of images.
 *
 * @param search what was asked for
 * @param platforms what to choose from
 * @param total how many images the account has in all
 * @param next the page after this one; empty if there is none
 * @param previous the page before this one; empty if there is none
 * @param isFiltered whether the search leaves out any image
 * @param views the account's own filters
 * @param query the filter as it stands in the address
 */
public record ImagesPage(
    Search search,
    List<String> platforms,
    List<Row> rows,
    List<Column> columns,
    long total,
    String next,
    String previous,
    boolean isFiltered,
    List<View> views,
    String query,
    Instant now) {

  /**
   * A filter with a name.
   *
   * @param current whether the page shows it
   */
  public record View(String name, String href, boolean current) {}

  /** The name of the view that the page shows; empty if it shows none. */
  public String view() {
    return views.stream().filter(View::current).map(View::name).findFirst().orElse("");
  }

  /** The fields of the filter, as they stand in the address. */
  public record Search(
      String text,
      String state,
      String platform,
      String whose,
      String standing,
      String tag,
      String sort) {
    /** All of them, by their names in the address. */
    public Map<String, String> fields() {
      Map<String, String> fields = new LinkedHashMap<>();
      fields.put("q", text);
      fields.put("state", state);
      fields.put("platform", platform);
      fields.put("whose", whose);
      fields.put("standing", standing);
      fields.put("tag", tag);
      fields.put("sort", sort);
      return fields;
    }
  }

  /**
   * A column by which the page can be sorted.
   *
   * @param sort {@code ascending}, {@code descending}, or empty
   */
  public record Column(String label, String href, String sort) {}

  /**
   * An image.
   *
   * @param base the name of the image that it was updated from; empty if there was none, or if the
   *     image is somebody else's
   */
  public record Row(
      String name,
      String href,
      String displayName,
      String owner,
      State state,
      String platform,
      Standing standing,
      String base,
      Instant created,
      String size,
      boolean own) {}

  /**
   * A state as a page shows it.
   *
   * @param tone {@code good}, {@code bad}, {@code busy} or {@code dim}
   */
  public record State(String tone, String label) {
    public static State of(ImageState state) {
      return switch (state) {
        case AVAILABLE -> new State("good", "Available");
        case FAILED -> new State("bad", "Failed");
        case PENDING -> new State("busy", "Being updated");
        case IMPORTING -> new State("busy", "Being imported");
        case VALIDATING -> new State("busy", "Being booted");
        case COPYING -> new State("busy", "Being copied");
        case CREATING -> new State("busy", "Being created");
        case DELETING -> new State("dim", "Being deleted");
      };
    }
  }
}
