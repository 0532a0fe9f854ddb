package dev.regild.cli.terminal;

import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Text as a terminal may show it. Names and messages come from guests and repositories, whose
 * control characters would move the cursor, or change what was printed before.
 */
public final class Printable {
  /** Of both ranges, and those that turn the direction of writing; lines and columns stay. */
  private static final Pattern CONTROLS =
      Pattern.compile("[\\p{gc=Cc}\\u202A-\\u202E\\u2066-\\u2069&&[^\\n\\t]]");

  private Printable() {}

  /** The text with a question mark for each control character but line feeds and tabs. */
  public static String text(String text) {
    return CONTROLS.matcher(text).replaceAll("?");
  }

  /** The same on one line: a name with a line feed would make lines that look like ours. */
  public static String line(String text) {
    return text(text).replace('\n', ' ').replace('\t', ' ');
  }

  /** As {@link #text}, of every text in an answer, names of members included. */
  public static JsonNode json(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        object.properties().forEach(each -> result.set(text(each.getKey()), json(each.getValue())));
        yield result;
      }
      case ArrayNode array -> {
        ArrayNode result = JsonNodeFactory.instance.arrayNode();
        array.forEach(each -> result.add(json(each)));
        yield result;
      }
      case JsonNode value when value.isString() ->
          JsonNodeFactory.instance.stringNode(text(value.asString("")));
      case JsonNode other -> other;
    };
  }
}
