package dev.regild.image;

import java.util.List;
import java.util.Optional;

/**
 * Which images to list, of those that the viewer sees: its own, those shared with it, and the
 * public ones, all in its region.
 *
 * @param viewer who asks
 * @param names only these; empty for any
 * @param arns only these; empty for any
 * @param type only what is private to, shared with or public for the viewer; empty for any
 * @param after the last image of the page before
 * @param limit how many at most
 */
public record ImageQuery(
    Owner viewer,
    List<String> names,
    List<String> arns,
    Optional<Visibility> type,
    Optional<PageKey> after,
    int limit) {
  public ImageQuery {
    names = List.copyOf(names);
    arns = List.copyOf(arns);
    if (limit < 1) {
      throw new IllegalArgumentException("A page holds at least one image, not " + limit);
    }
  }

  /** Every image that the viewer sees, in pages. */
  public static ImageQuery all(Owner viewer, Optional<PageKey> after, int limit) {
    return new ImageQuery(viewer, List.of(), List.of(), Optional.empty(), after, limit);
  }

  /**
   * A place in the order of images: by name, and by id where several accounts have one name.
   *
   * @param name of the last image seen
   * @param id of the last image seen
   */
  public record PageKey(String name, String id) {
    public static PageKey of(Image image) {
      return new PageKey(image.name(), image.id());
    }
  }
}
