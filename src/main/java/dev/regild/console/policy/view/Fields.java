package dev.regild.console.policy.view;

import java.util.Map;

/**
 * What stands in the fields of a form.
 *
 * @param typed by field
 * @param errors what is wrong, by field; {@code ""} for the form as a whole
 */
public record Fields(Map<String, String> typed, Map<String, String> errors) {
  /** An empty form. */
  public static final Fields EMPTY = new Fields(Map.of(), Map.of());

  public Fields {
    typed = Map.copyOf(typed);
    errors = Map.copyOf(errors);
  }

  public String value(String field) {
    return typed.getOrDefault(field, "");
  }

  public String error(String field) {
    return errors.getOrDefault(field, "");
  }

  public boolean checked(String field) {
    return !value(field).isEmpty();
  }

  /** The same form with other errors. */
  public Fields with(Map<String, String> found) {
    return new Fields(typed, found);
  }
}
