package dev.regild.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** One shape of the service model: what a value on the wire may be. */
sealed interface Shape {
  /** Whether values of it must not be written to logs or messages. */
  boolean sensitive();

  /** Named members in the model's order; {@code members} holds the name of each one's shape. */
  record StructureShape(List<String> required, Map<String, String> members, boolean sensitive)
      implements Shape {}

  record ListShape(String member, OptionalLong min, OptionalLong max, boolean sensitive)
      implements Shape {}

  record MapShape(String key, String value, OptionalLong min, OptionalLong max, boolean sensitive)
      implements Shape {}

  /**
   * A text.
   *
   * @param pattern empty list or one pattern, which the whole value has to match
   * @param alias a pattern of Regild's own that the value may match instead; messages leave it out
   * @param values the values that are allowed; empty when all are
   */
  record StringShape(
      List<Pattern> pattern,
      Optional<Pattern> alias,
      List<String> values,
      OptionalLong min,
      OptionalLong max,
      boolean sensitive)
      implements Shape {}

  record IntegerShape(OptionalLong min, OptionalLong max, boolean sensitive) implements Shape {}

  record BooleanShape(boolean sensitive) implements Shape {}

  /** Epoch seconds. */
  record TimestampShape(boolean sensitive) implements Shape {}
}
