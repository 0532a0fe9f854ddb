package dev.regild.console.view;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Something that is to be done with many images, or that was.
 *
 * @param names the images that were chosen
 * @param typed what the names of the new images end with, or tags, one a line
 * @param results what came of it; empty before it was done
 * @param commands the same for one image; empty after it was done
 */
public record SelectionPage(
    Action action,
    List<String> names,
    String typed,
    List<Result> results,
    Optional<Commands> commands) {
  /** What is done with each image. */
  public enum Action {
    UPDATE("Update"),
    TAG("Tag"),
    DELETE("Delete");

    private final String word;

    Action(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }

    /** Where its form is sent to. */
    public String path() {
      return "/console/selection/" + word.toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What came of one image.
   *
   * @param href of the image that was made; empty if there is none
   */
  public record Result(String name, boolean done, String text, String href) {}
}
