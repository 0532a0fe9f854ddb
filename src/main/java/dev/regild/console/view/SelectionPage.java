package dev.regild.console.view;

import java.util.List;

/**
 * Something that is to be done with many images, or that was.
 *
 * @param updates whether they are to be updated; else they are to be deleted
 * @param names the images that were chosen
 * @param suffix what the names of the new images end with
 * @param results what came of it; empty before it was done
 */
public record SelectionPage(
    boolean updates, List<String> names, String suffix, List<Result> results) {
  /**
   * What came of one image.
   *
   * @param href of the image that was made; empty if there is none
   */
  public record Result(String name, boolean done, String text, String href) {}
}
