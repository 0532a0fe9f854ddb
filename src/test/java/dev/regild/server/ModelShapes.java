package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service model as AWS' own clients have it, documentation left out. */
final class ModelShapes {
  private static final Path FILE =
      Path.of("src/test/resources/models/appstream/2016-12-01/service-2.json");

  private final JsonNode operations;
  private final JsonNode shapes;

  ModelShapes() {
    JsonNode model = JsonMapper.shared().readTree(FILE);
    operations = model.get("operations");
    shapes = model.get("shapes");
  }

  Set<String> operations() {
    return new TreeSet<>(operations.propertyNames());
  }

  /** The names of the errors that an operation's model has. */
  Set<String> errors(String operation) {
    Set<String> errors = new TreeSet<>();
    operations.get(operation).get("errors").forEach(error -> errors.add(shapeOf(error)));
    return errors;
  }

  String request(String operation) {
    return shapeOf(operations.get(operation).get("input"));
  }

  String answer(String operation) {
    return shapeOf(operations.get(operation).get("output"));
  }

  /** A structure and all that are in it. */
  Set<String> structuresIn(String shape) {
    Set<String> visited = new TreeSet<>();
    visit(shape, visited);
    visited.removeIf(name -> !shapes.get(name).has("members"));
    return visited;
  }

  /** The names of a structure's members. */
  Set<String> members(String structure) {
    return new TreeSet<>(shapes.get(structure).get("members").propertyNames());
  }

  /**
   * Checks that an answer has nothing that the model lacks, and adds what it has.
   *
   * @param seen gets {@code SHAPE.MEMBER}
   */
  void check(String operation, JsonNode answer, Set<String> seen) {
    check(answer(operation), answer, operation, seen);
  }

  private void visit(String name, Set<String> visited) {
    if (visited.add(name)) {
      JsonNode shape = shapes.get(name);
      shape.path("members").forEach(member -> visit(shapeOf(member), visited));
      if (shape.has("member")) {
        visit(shapeOf(shape.get("member")), visited);
      }
    }
  }

  private void check(String name, JsonNode value, String path, Set<String> seen) {
    JsonNode shape = shapes.get(name);
    switch (shape.get("type").asString()) {
      case "structure" -> {
        assertThat(value.isObject()).as(path).isTrue();
        for (String member : value.propertyNames()) {
          JsonNode known = shape.get("members").path(member);
          assertThat(known.isMissingNode()).as("%s.%s is not in the model", path, member).isFalse();
          seen.add(name + "." + member);
          check(shapeOf(known), value.get(member), path + "." + member, seen);
        }
      }
      case "list" -> {
        assertThat(value.isArray()).as(path).isTrue();
        value.forEach(element -> check(shapeOf(shape.get("member")), element, path, seen));
      }
      case "map" -> {
        assertThat(value.isObject()).as(path).isTrue();
        value.forEach(element -> check(shapeOf(shape.get("value")), element, path, seen));
      }
      case "string" -> {
        assertThat(value.isString()).as(path).isTrue();
        // AWS has no platform for Debian: docs/api.md says what is there instead.
        if (shape.has("enum") && !name.equals("PlatformType")) {
          assertThat(shape.get("enum").valueStream().map(JsonNode::asString))
              .as(path)
              .contains(value.asString());
        }
      }
      case "boolean" -> assertThat(value.isBoolean()).as(path).isTrue();
      case "integer" -> assertThat(value.isIntegralNumber()).as(path).isTrue();
      case "timestamp" -> assertThat(value.isNumber()).as(path).isTrue();
      default -> throw new AssertionError(path + " has a shape of an unknown type: " + shape);
    }
  }

  private static String shapeOf(JsonNode reference) {
    return reference.get("shape").asString();
  }
}
