package dev.regild.console.view;

import dev.regild.image.ImageState;
import java.time.Instant;
import java.util.List;

/**
 * A page of images.
 *
 * @param search what was asked for
 * @param platforms what to choose from
 * @param total how many images the account has in all
 * @param next the page after this one; empty if there is none
 * @param previous the page before this one; empty if there is none
 * @param isFiltered whether the search leaves out any image
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
    Instant now) {

  /** The fields of the filter, as they stand in the address. */
  public record Search(
      String text,
      String state,
      String platform,
      String whose,
      String standing,
      String tag,
      String sort) {}

  /**
   * A column by which the page can be sorted.
   *
   * @param sort {@code ascending}, {@code descending}, or empty
   */
  public record Column(String label, String href, String sort) {}

  /** An image. */
  public record Row(
      String name,
      String href,
      String displayName,
      String owner,
      State state,
      String platform,
      Standing standing,
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
