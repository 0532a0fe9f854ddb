package dev.regild.api;

import dev.regild.api.Shape.BooleanShape;
import dev.regild.api.Shape.IntegerShape;
import dev.regild.api.Shape.ListShape;
import dev.regild.api.Shape.MapShape;
import dev.regild.api.Shape.StringShape;
import dev.regild.api.Shape.StructureShape;
import dev.regild.api.Shape.TimestampShape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The facts of the image half of the AppStream service model 2016-12-01: operations and shapes. It
 * is the only place that knows constraints.
 */
public final class ServiceModel {
  private static final String RESOURCE = "service-model.json";

  private final Map<String, OperationModel> operations;
  private final Map<String, Shape> shapes;

  private ServiceModel(Map<String, OperationModel> operations, Map<String, Shape> shapes) {
    this.operations = operations;
    this.shapes = shapes;
  }

  /**
   * One operation.
   *
   * @param input the name of the request's structure
   * @param output the name of the response's structure
   * @param errors the errors that it is modelled with
   */
  record OperationModel(String input, String output, List<String> errors) {}

  public static ServiceModel load() {
    try (InputStream resource = ServiceModel.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException(RESOURCE + " is missing from the program");
      }
      return of(JsonMapper.shared().readTree(resource));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Optional<OperationModel> operation(String name) {
    return Optional.ofNullable(operations.get(name));
  }

  Shape shape(String name) {
    Shape shape = shapes.get(name);
    if (shape == null) {
      throw new NoSuchElementException("the service model has no shape " + name);
    }
    return shape;
  }

  public StructureShape structure(String name) {
    return (StructureShape) shape(name);
  }

  private static ServiceModel of(JsonNode model) {
    Map<String, OperationModel> operations = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : model.get("operations").properties()) {
      JsonNode node = entry.getValue();
      operations.put(
          entry.getKey(),
          new OperationModel(text(node, "input"), text(node, "output"), texts(node, "errors")));
    }
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : model.get("shapes").properties()) {
      shapes.put(entry.getKey(), shapeOf(entry.getValue()));
    }
    return new ServiceModel(Map.copyOf(operations), Map.copyOf(shapes));
  }

  private static Shape shapeOf(JsonNode node) {
    boolean sensitive = node.path("sensitive").asBoolean(false);
    OptionalLong min = number(node, "min");
    OptionalLong max = number(node, "max");
    String type = text(node, "type");
    return switch (type) {
      case "structure" -> new StructureShape(texts(node, "required"), members(node), sensitive);
      case "list" -> new ListShape(text(node, "member"), min, max, sensitive);
      case "map" -> new MapShape(text(node, "key"), text(node, "value"), min, max, sensitive);
      case "string" ->
          new StringShape(
              node.has("pattern") ? List.of(Pattern.compile(text(node, "pattern"))) : List.of(),
              node.has("alias")
                  ? Optional.of(Pattern.compile(text(node, "alias")))
                  : Optional.empty(),
              texts(node, "enum"),
              min,
              max,
              sensitive);
      case "integer" -> new IntegerShape(min, max, sensitive);
      case "boolean" -> new BooleanShape(sensitive);
      case "timestamp" -> new TimestampShape(sensitive);
      default -> throw new IllegalStateException("a shape of unknown type " + type);
    };
  }

  private static Map<String, String> members(JsonNode node) {
    Map<String, String> members = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : node.get("members").properties()) {
      members.put(member.getKey(), member.getValue().asString());
    }
    return members;
  }

  private static String text(JsonNode node, String name) {
    return node.get(name).asString();
  }

  private static List<String> texts(JsonNode node, String name) {
    return node.path(name).valueStream().map(JsonNode::asString).toList();
  }

  private static OptionalLong number(JsonNode node, String name) {
    return node.has(name) ? OptionalLong.of(node.get(name).asLong()) : OptionalLong.empty();
  }
}
