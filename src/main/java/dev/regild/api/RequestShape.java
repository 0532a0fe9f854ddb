package dev.regild.api;

import dev.regild.api.Shape.BooleanShape;
import dev.regild.api.Shape.IntegerShape;
import dev.regild.api.Shape.ListShape;
import dev.regild.api.Shape.MapShape;
import dev.regild.api.Shape.StringShape;
import dev.regild.api.Shape.StructureShape;
import dev.regild.api.Shape.TimestampShape;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeType;

/**
 * Whether a request has JSON types where the service model wants them. Members that the model does
 * not know are ignored, {@code null} ones are absent.
 */
record RequestShape(ServiceModel model) {

  /**
   * Nothing happens if it has.
   *
   * @throws ApiException SerializationException at the first value of a wrong type
   */
  void check(String shapeName, JsonNode request) {
    // At the root, null is not the same as absent.
    expect(request.isObject(), request, "Structure", "");
    check(model.shape(shapeName), request, "");
  }

  private void check(Shape shape, JsonNode value, String path) {
    if (value.isNull()) {
      return;
    }
    switch (shape) {
      case StructureShape structure -> {
        expect(value.isObject(), value, "Structure", path);
        structure
            .members()
            .forEach((name, member) ->
                Optional.ofNullable(value.get(name))
                    .ifPresent(v -> check(model.shape(member), v, MemberPath.in(path, name))));
      }
      case ListShape list -> {
        expect(value.isArray(), value, "List", path);
        for (int i = 0; i < value.size(); i++) {
          check(model.shape(list.member()), value.get(i), MemberPath.element(path, i));
        }
      }
      case MapShape map -> {
        expect(value.isObject(), value, "Map", path);
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
          requireUnicode(entry.getKey(), path);
          check(model.shape(map.value()), entry.getValue(), MemberPath.entry(path, entry.getKey()));
        }
      }
      case StringShape _ -> {
        expect(value.isString(), value, "String", path);
        requireUnicode(value.asString(), path);
      }
      case IntegerShape _ ->
          expect(value.isIntegralNumber() && value.canConvertToInt(), value, "Integer", path);
      case BooleanShape _ -> expect(value.isBoolean(), value, "Boolean", path);
      case TimestampShape _ -> expect(value.isNumber(), value, "Timestamp", path);
    }
  }

  /** JSON can escape half a character, which no encoding could keep. */
  private static void requireUnicode(String text, String path) {
    if (text.codePoints().anyMatch(c -> Character.getType(c) == Character.SURROGATE)) {
      throw new ApiException(
          ErrorType.SERIALIZATION,
          "The text at '%s' contains half of a surrogate pair, which is not a character."
              .formatted(path));
    }
  }

  private static void expect(boolean fits, JsonNode value, String type, String path) {
    if (!fits) {
      String where = path.isEmpty() ? "the request" : "'" + path + "'";
      throw new ApiException(
          ErrorType.SERIALIZATION,
          "%s can not be converted to %s %s at %s"
              .formatted(
                  nameOf(value.getNodeType()), type.equals("Integer") ? "an" : "a", type, where));
    }
  }

  private static String nameOf(JsonNodeType type) {
    return switch (type) {
      case STRING -> "STRING_VALUE";
      case NUMBER -> "NUMBER_VALUE";
      case BOOLEAN -> "BOOLEAN_VALUE";
      case ARRAY -> "Start of list";
      case OBJECT -> "Start of structure or map";
      case BINARY, MISSING, NULL, POJO -> type.name();
    };
  }
}
