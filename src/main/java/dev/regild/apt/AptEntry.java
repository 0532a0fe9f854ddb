package dev.regild.apt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One entry of an apt configuration, in either form (sources.list(5)).
 *
 * @param where file and line, for messages
 * @param enabled false if it is switched off in deb822
 * @param binary whether it offers packages, not only their sources
 * @param signedBy paths of keyrings, fingerprints, or an armored key
 * @param checkValidUntil false if what has expired counts
 */
record AptEntry(
    String where,
    boolean enabled,
    boolean binary,
    List<String> uris,
    List<String> suites,
    List<String> components,
    List<String> architectures,
    Optional<String> signedBy,
    boolean checkValidUntil) {
  private static final Pattern NO = Pattern.compile("(?i)no|false|without|off|disable|0");
  private static final Pattern ONE_LINE =
      Pattern.compile("(deb|deb-src)\\s+(?:\\[([^]]*)]\\s+)?(\\S+)\\s+(\\S+)\\s*(.*)");

  static List<AptEntry> ofOneLine(String file, String text) {
    List<AptEntry> entries = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Matcher matcher = ONE_LINE.matcher(lines.get(i).replaceFirst("#.*", "").strip());
      if (matcher.matches()) {
        Map<String, String> options = options(matcher.group(2));
        entries.add(
            new AptEntry(
                file + ":" + (i + 1),
                true,
                matcher.group(1).equals("deb"),
                List.of(matcher.group(3)),
                List.of(matcher.group(4)),
                words(matcher.group(5)),
                List.of(options.getOrDefault("arch", "").split(",", -1)).stream()
                    .filter(word -> !word.isEmpty())
                    .toList(),
                Optional.ofNullable(options.get("signed-by")),
                isOn(options.get("check-valid-until"))));
      }
    }
    return entries;
  }

  private static Map<String, String> options(String bracketed) {
    Map<String, String> options = new HashMap<>();
    for (String word : words(bracketed == null ? "" : bracketed)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        options.put(word.substring(0, equals).toLowerCase(Locale.ROOT), word.substring(equals + 1));
      }
    }
    return options;
  }

  static List<AptEntry> ofDeb822(String file, String text) {
    List<AptEntry> entries = new ArrayList<>();
    Map<String, StringBuilder> fields = new HashMap<>();
    String field = "";
    int line = 0;
    int start = 1;
    for (String each : (text + "\n\n").split("\n", -1)) {
      line++;
      if (each.startsWith("#")) {
        continue;
      }
      if (each.isBlank()) {
        if (!fields.isEmpty()) {
          entries.add(ofFields(file + ":" + start, fields));
          fields.clear();
        }
        start = line + 1;
      } else if (Character.isWhitespace(each.charAt(0))) {
        fields.computeIfAbsent(field, key -> new StringBuilder()).append('\n').append(each.strip());
      } else if (each.indexOf(':') > 0) {
        field = each.substring(0, each.indexOf(':')).toLowerCase(Locale.ROOT);
        fields.put(field, new StringBuilder(each.substring(each.indexOf(':') + 1).strip()));
      }
    }
    return entries;
  }

  private static AptEntry ofFields(String where, Map<String, StringBuilder> fields) {
    return new AptEntry(
        where,
        isOn(value(fields, "enabled")),
        words(value(fields, "types")).contains("deb"),
        words(value(fields, "uris")),
        words(value(fields, "suites")),
        words(value(fields, "components")),
        words(value(fields, "architectures")),
        Optional.of(value(fields, "signed-by"))
            .map(AptEntry::withEmptyLines)
            .filter(v -> !v.isEmpty()),
        isOn(value(fields, "check-valid-until")));
  }

  private static boolean isOn(@Nullable String value) {
    return value == null || !NO.matcher(value).matches();
  }

  /** In deb822 an empty line, as an armored key has one, is written as a single dot. */
  private static String withEmptyLines(String value) {
    return value.replaceAll("(?m)^\\.$", "").strip();
  }

  private static String value(Map<String, StringBuilder> fields, String name) {
    StringBuilder value = fields.get(name);
    return value == null ? "" : value.toString();
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.strip().split("\\s+", -1)).filter(word -> !word.isEmpty()).toList();
  }
}
