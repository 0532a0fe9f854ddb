package dev.regild.inventory;

import java.util.HashMap;
import java.util.Map;

/** The os-release format: shell-like assignments, one a line (os-release(5)). */
final class OsRelease {
  private OsRelease() {}

  static Map<String, String> parse(String text) {
    Map<String, String> values = new HashMap<>();
    for (String line : text.lines().map(String::strip).toList()) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.startsWith("#")) {
        values.put(line.substring(0, equals), unquoted(line.substring(equals + 1)));
      }
    }
    return values;
  }

  private static String unquoted(String value) {
    boolean quoted =
        value.length() >= 2
            && (value.charAt(0) == '"' || value.charAt(0) == '\'')
            && value.charAt(value.length() - 1) == value.charAt(0);
    String inner = quoted ? value.substring(1, value.length() - 1) : value;
    return inner.replaceAll("\\\\([\\\\\"'$`])", "$1");
  }
}
