package dev.regild.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The fields of a form, in their order. */
public final class Form {
  /** More than any of our forms has. */
  private static final int MOST_FIELDS = 2_000;

  public static final Form EMPTY = new Form(Map.of());

  private final Map<String, List<String>> fields;

  private Form(Map<String, List<String>> fields) {
    this.fields = fields;
  }

  /**
   * Reads {@code application/x-www-form-urlencoded}.
   *
   * @throws ApiException SerializationException if the text is something else
   */
  static Form read(byte[] body) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    String text = new String(body, UTF_8);
    String[] parts = text.split("&", MOST_FIELDS + 1);
    if (parts.length > MOST_FIELDS) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The form has more than %d fields.".formatted(MOST_FIELDS));
    }
    for (String part : parts) {
      if (!part.isEmpty()) {
        int equals = part.indexOf('=');
        String name = equals < 0 ? part : part.substring(0, equals);
        String value = equals < 0 ? "" : part.substring(equals + 1);
        fields.computeIfAbsent(decoded(name), _ -> new ArrayList<>()).add(decoded(value));
      }
    }
    return new Form(fields);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The form is damaged; reload the page and send it again.");
    }
  }

  /** A field's text without the white space around it; empty if the form lacks the field. */
  public String text(String name) {
    return raw(name).strip();
  }

  /** A field's text as it is; empty if the form lacks the field. */
  public String raw(String name) {
    return fields.getOrDefault(name, List.of()).stream().findFirst().orElse("");
  }

  /** A field's text; absent if it is blank. */
  public Optional<String> optional(String name) {
    return Optional.of(text(name)).filter(text -> !text.isEmpty());
  }

  public boolean checked(String name) {
    return !raw(name).isEmpty();
  }

  /** The texts of all fields of one name that are not blank. */
  public List<String> all(String name) {
    return fields.getOrDefault(name, List.of()).stream()
        .map(String::strip)
        .filter(text -> !text.isEmpty())
        .toList();
  }

  /** Every field but those. */
  Map<String, List<String>> without(List<String> names) {
    Map<String, List<String>> others = new LinkedHashMap<>(fields);
    names.forEach(others::remove);
    return others;
  }
}
