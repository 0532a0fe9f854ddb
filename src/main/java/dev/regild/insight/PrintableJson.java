package dev.regild.insight;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * Documents as JSON that may be printed: the texts come from packages, and no terminal obeys any of
 * them. It is the same document to whoever parses it.
 */
final class PrintableJson {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * What JSON lets stand in texts: the second range of control characters, where {@code U+009B}
   * begins a command, and what turns the direction of writing.
   */
  private static final Pattern OBEYED =
      Pattern.compile("[\\x7f-\\x9f\\u202A-\\u202E\\u2066-\\u2069]");

  private PrintableJson() {}

  static byte[] of(Object document) {
    Matcher obeyed = OBEYED.matcher(JSON.writeValueAsString(document));
    return obeyed
        .replaceAll(
            each -> Matcher.quoteReplacement("\\u%04x".formatted((int) each.group().charAt(0))))
        .getBytes(UTF_8);
  }
}
