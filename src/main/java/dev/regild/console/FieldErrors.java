package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import java.util.HashMap;
import java.util.Map;

/** Puts the API's errors beside the fields that they are about. */
final class FieldErrors {
  /** Where an error stands that is about no field alone. */
  static final String FORM = "";

  private FieldErrors() {}

  /**
   * Sorts an error to its fields.
   *
   * @param fields the names of the form's fields, by the member of the request that each fills;
   *     {@code ""} is that of the name
   */
  static Map<String, String> of(ApiException error, Map<String, String> fields) {
    String text = String.valueOf(error.getMessage());
    Map<String, String> found = new HashMap<>();
    if (error.type() == ErrorType.RESOURCE_ALREADY_EXISTS) {
      found.put(fields.getOrDefault("", FORM), text);
    }
    if (error.type() == ErrorType.VALIDATION) {
      fields.forEach((member, field) -> {
        if (!member.isEmpty() && text.contains("'" + member)) {
          found.put(field, text);
        }
      });
    }
    if (found.isEmpty()) {
      found.put(FORM, text);
    }
    return found;
  }
}
