package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tags as people type them: one {@code key=value} a line. */
final class TagLines {
  private TagLines() {}

  /**
   * Reads tags.
   *
   * @throws ApiException ValidationException for a line that is no tag, or a key that is there
   *     twice
   */
  static Map<String, String> read(String text) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      if (!line.isBlank()) {
        int equals = line.indexOf('=');
        String key = line.substring(0, Math.max(0, equals)).strip();
        if (key.isEmpty()) {
          throw refused("The tag '%s' is not of the form key=value.".formatted(line.strip()));
        }
        if (tags.put(key, line.substring(equals + 1).strip()) != null) {
          throw refused("The tag %s occurs twice. Keep one of its values.".formatted(key));
        }
      }
    }
    return tags;
  }

  private static ApiException refused(String message) {
    return new ApiException(ErrorType.VALIDATION, message);
  }
}
