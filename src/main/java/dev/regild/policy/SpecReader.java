package dev.regild.policy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Reads the values of a policy's spec. Each error names the policy and the key. */
public final class SpecReader {
  /** Longer than any that means something. */
  private static final int LONGEST_TEXT = 2000;

  private static final int LONGEST_LIST = 1000;
  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})\\s*(s|m|h|d)");

  private final String policy;
  private final String prefix;
  private final JsonNode spec;
  private final Set<String> read = new TreeSet<>();

  private SpecReader(String policy, String prefix, JsonNode spec) {
    this.policy = policy;
    this.prefix = prefix;
    this.spec = spec;
    if (!spec.isObject()) {
      throw new InvalidPolicyException(
          "%s: %s must be a map of keys and values."
              .formatted(policy, prefix.isEmpty() ? "spec" : prefix.replaceFirst("\\.$", "")));
    }
  }

  /**
   * Reads a spec.
   *
   * @param policy how errors name it: {@code Schedule nightly}
   */
  public static SpecReader of(String policy, JsonNode spec) {
    return new SpecReader(policy, "", spec);
  }

  /** Returns a text that has to be there. */
  public String text(String key) {
    return optionalText(key).orElseThrow(() -> error(key, "is missing. Add it."));
  }

  /** Returns a text. */
  public Optional<String> optionalText(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    String text = value.isString() || value.isNumber() ? value.asString() : "";
    if (text.isBlank() || text.length() > LONGEST_TEXT) {
      throw error(key, "must be a text of 1 to %d characters.".formatted(LONGEST_TEXT));
    }
    return Optional.of(text);
  }

  /** Returns a list of texts; a single text is a list of one. */
  public List<String> texts(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    if (!value.isArray()) {
      return List.of(text(key));
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode each : value) {
      if (!each.isString() || each.asString().isBlank() || texts.size() == LONGEST_LIST) {
        throw error(
            key,
            "must be a list of at most %d texts. Put numbers into quotes.".formatted(LONGEST_LIST));
      }
      texts.add(each.asString());
    }
    return List.copyOf(texts);
  }

  /** Returns a truth value; false if it is absent. */
  public boolean flag(String key) {
    JsonNode value = value(key);
    if (value.isMissingNode() || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw error(key, "must be true or false.");
    }
    return value.asBoolean();
  }

  /** Returns a whole number. */
  public OptionalInt number(String key, int least, int most) {
    JsonNode value = value(key);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalInt.empty();
    }
    if (!value.isInt() || value.asInt() < least || value.asInt() > most) {
      throw error(key, "must be a whole number from %d to %d.".formatted(least, most));
    }
    return OptionalInt.of(value.asInt());
  }

  /** Returns a duration such as {@code 7d}. */
  public Optional<Duration> duration(String key, Duration most) {
    return optionalText(key)
        .map(text -> {
          Matcher form = DURATION.matcher(text);
          if (!form.matches()) {
            throw error(key, "is '%s'. Write a duration such as 30m, 3h or 7d.".formatted(text));
          }
          long count = Long.parseLong(form.group(1));
          Duration duration =
              switch (form.group(2)) {
                case "s" -> Duration.ofSeconds(count);
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                default -> Duration.ofDays(count);
              };
          if (duration.isZero() || duration.compareTo(most) > 0) {
            throw error(
                key, "is '%s'. It must be more than 0 and at most %s.".formatted(text, text(most)));
          }
          return duration;
        });
  }

  /** Returns a duration as specs have it: {@code 7d}. */
  public static String text(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  /** Returns the reader of a map within; an empty one if it is absent. */
  public SpecReader within(String key) {
    JsonNode value = value(key);
    return value.isMissingNode() || value.isNull()
        ? new SpecReader(policy, prefix + key + ".", JsonNodeFactory.instance.objectNode())
        : new SpecReader(policy, prefix + key + ".", value);
  }

  /**
   * Ends the reading.
   *
   * @throws InvalidPolicyException if there is a key that nobody has read
   */
  public void end() {
    for (String key : spec.propertyNames()) {
      if (!read.contains(key)) {
        throw new InvalidPolicyException(
            "%s has the unknown key %s%s. Known here: %s."
                .formatted(policy, prefix, key, String.join(", ", read)));
      }
    }
  }

  /** Returns the error about a key. */
  public InvalidPolicyException error(String key, String what) {
    return new InvalidPolicyException("%s: %s%s %s".formatted(policy, prefix, key, what));
  }

  private JsonNode value(String key) {
    read.add(key);
    return spec.path(key);
  }
}
