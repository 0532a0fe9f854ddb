package dev.regild.console.view;

import java.util.List;
import java.util.Map;

/**
 * The form that adds a channel.
 *
 * @param platforms examples of those that there are
 * @param platform that was chosen; empty before that
 * @param options that make sources of this platform
 * @param typed what stands in the form, by field
 * @param errors what is wrong, by field; {@code ""} for the form as a whole
 * @param found what the form would make, a line each
 * @param command the same as a command
 */
public record NewChannelPage(
    List<String> platforms,
    String platform,
    List<Option> options,
    Map<String, String> typed,
    Map<String, String> errors,
    List<String> found,
    Commands command) {
  /**
   * An option of a package system.
   *
   * @param field its name in the form
   * @param label of its value; empty for one that is said or not
   */
  public record Option(
      String field, String title, String label, String description, boolean repeatable) {
    public boolean isFlag() {
      return label.isEmpty();
    }
  }

  public String value(String field) {
    return typed.getOrDefault(field, "");
  }

  public String error(String field) {
    return errors.getOrDefault(field, "");
  }

  /** The parts of the page that a check replaces, for htmx. */
  public String checked() {
    StringBuilder ids = new StringBuilder("#form-error,#found");
    for (String field : List.of("name", "agent", "driver")) {
      ids.append(",#").append(field).append("-error");
    }
    options.forEach(each -> ids.append(",#").append(each.field()).append("-error"));
    return ids.toString();
  }
}
