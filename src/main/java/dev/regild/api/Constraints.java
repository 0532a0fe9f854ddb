package dev.regild.api;

import dev.regild.api.Shape.BooleanShape;
import dev.regild.api.Shape.IntegerShape;
import dev.regild.api.Shape.ListShape;
import dev.regild.api.Shape.MapShape;
import dev.regild.api.Shape.StringShape;
import dev.regild.api.Shape.StructureShape;
import dev.regild.api.Shape.TimestampShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Checks a well-typed request against every constraint of the service model, in the words of AWS
 * services: the elements of a list and the keys and values of a map are reported at the collection,
 * with all the constraints of the element; structures in them are reported member by member.
 */
record Constraints(ServiceModel model) {
  /** What AWS services echo is unbounded; a message that repeats a megabyte helps nobody. */
  private static final int ECHOED_CHARS = 512;

  /**
   * No pattern of the model matches a longer text, and a repeated group costs Java's matcher a
   * stack frame for each repetition.
   */
  private static final int LONGEST_MATCH = 2048;

  /**
   * @throws ApiException ValidationException that counts and lists every violation
   */
  void check(String shapeName, JsonNode request) {
    List<String> violations = new ArrayList<>();
    checkStructure(model.structure(shapeName), request, "", false, violations);
    if (!violations.isEmpty()) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "%d validation error%s detected: %s"
              .formatted(
                  violations.size(),
                  violations.size() == 1 ? "" : "s",
                  String.join("; ", violations)));
    }
  }

  private void checkStructure(
      StructureShape structure,
      JsonNode value,
      String path,
      boolean secret,
      List<String> violations) {
    structure
        .members()
        .forEach((name, shapeName) -> {
          JsonNode member = value.get(name);
          String memberPath = MemberPath.in(path, name);
          if (member != null && !member.isNull()) {
            check(model.shape(shapeName), member, memberPath, secret, violations);
          } else if (structure.required().contains(name)) {
            violations.add(violation(null, memberPath, false, "Member must not be null"));
          }
        });
  }

  private void check(
      Shape shape, JsonNode value, String path, boolean secretAbove, List<String> violations) {
    if (value.isNull()) {
      violations.add(violation(null, path, false, "Member must not be null"));
      return;
    }
    boolean secret = secretAbove || holdsSecrets(shape);
    for (String broken : broken(shape, value)) {
      violations.add(violation(value, path, secret, broken));
    }
    switch (shape) {
      case StructureShape structure -> checkStructure(structure, value, path, secret, violations);
      case ListShape list -> checkElements(list, value, path, secret, violations);
      case MapShape map -> checkEntries(map, value, path, secret, violations);
      case StringShape _, IntegerShape _, BooleanShape _, TimestampShape _ -> {}
    }
  }

  private void checkElements(
      ListShape list, JsonNode value, String path, boolean secret, List<String> violations) {
    Shape member = model.shape(list.member());
    if (isLeaf(member)) {
      if (value.valueStream().anyMatch(v -> isBroken(member, v))) {
        violations.add(
            violation(
                value, path, secret, "Member must satisfy constraint: " + allConstraints(member)));
      }
      return;
    }
    for (int i = 0; i < value.size(); i++) {
      check(member, value.get(i), MemberPath.element(path, i), secret, violations);
    }
  }

  private void checkEntries(
      MapShape map, JsonNode value, String path, boolean secret, List<String> violations) {
    StringShape key = (StringShape) model.shape(map.key());
    Shape member = model.shape(map.value());
    if (value.propertyNames().stream().anyMatch(name -> !broken(key, name).isEmpty())) {
      violations.add(
          violation(
              value, path, secret, "Map keys must satisfy constraint: " + allConstraints(key)));
    }
    if (isLeaf(member)) {
      if (value.valueStream().anyMatch(v -> isBroken(member, v))) {
        violations.add(
            violation(
                value,
                path,
                secret,
                "Map value must satisfy constraint: " + allConstraints(member)));
      }
      return;
    }
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      check(member, entry.getValue(), MemberPath.entry(path, entry.getKey()), secret, violations);
    }
  }

  private static boolean isLeaf(Shape shape) {
    return switch (shape) {
      case StructureShape _, ListShape _, MapShape _ -> false;
      case StringShape _, IntegerShape _, BooleanShape _, TimestampShape _ -> true;
    };
  }

  /** An absent element has no value that could satisfy anything. */
  private static boolean isBroken(Shape shape, JsonNode value) {
    return value.isNull() || !broken(shape, value).isEmpty();
  }

  private static List<String> broken(Shape shape, JsonNode value) {
    return switch (shape) {
      case StringShape string -> broken(string, value.asString());
      case IntegerShape integer -> outside(value.asLong(), integer.min(), integer.max(), "value");
      case ListShape list -> outside(value.size(), list.min(), list.max(), "length");
      case MapShape map -> outside(value.size(), map.min(), map.max(), "length");
      case StructureShape _, BooleanShape _, TimestampShape _ -> List.of();
    };
  }

  private static List<String> broken(StringShape shape, String value) {
    List<String> broken = new ArrayList<>();
    if (!shape.values().isEmpty() && !shape.values().contains(value)) {
      broken.add(enumConstraint(shape));
    }
    broken.addAll(
        outside(value.codePointCount(0, value.length()), shape.min(), shape.max(), "length"));
    shape.pattern().stream()
        .filter(p -> value.length() > LONGEST_MATCH || !matches(shape, p, value))
        .forEach(p -> broken.add(patternConstraint(p.pattern())));
    return broken;
  }

  private static boolean matches(StringShape shape, Pattern pattern, String value) {
    return pattern.matcher(value).matches()
        || shape.alias().filter(alias -> alias.matcher(value).matches()).isPresent();
  }

  private static List<String> outside(long size, OptionalLong min, OptionalLong max, String what) {
    if (max.isPresent() && size > max.getAsLong()) {
      return List.of(maxConstraint(what, max.getAsLong()));
    }
    if (min.isPresent() && size < min.getAsLong()) {
      return List.of(minConstraint(what, min.getAsLong()));
    }
    return List.of();
  }

  private static String allConstraints(Shape shape) {
    List<String> all = new ArrayList<>();
    switch (shape) {
      case StringShape string -> {
        string.max().ifPresent(max -> all.add(maxConstraint("length", max)));
        string.min().ifPresent(min -> all.add(minConstraint("length", min)));
        string.pattern().forEach(p -> all.add(patternConstraint(p.pattern())));
        if (!string.values().isEmpty()) {
          all.add(enumConstraint(string));
        }
      }
      case IntegerShape integer -> {
        integer.max().ifPresent(max -> all.add(maxConstraint("value", max)));
        integer.min().ifPresent(min -> all.add(minConstraint("value", min)));
      }
      case StructureShape _, ListShape _, MapShape _, BooleanShape _, TimestampShape _ -> {}
    }
    return (all.isEmpty() ? List.of("Member must not be null") : all).toString();
  }

  private static String maxConstraint(String what, long max) {
    return "Member must have %s less than or equal to %d".formatted(what, max);
  }

  private static String minConstraint(String what, long min) {
    return "Member must have %s greater than or equal to %d".formatted(what, min);
  }

  private static String patternConstraint(String pattern) {
    return "Member must satisfy regular expression pattern: " + pattern;
  }

  private static String enumConstraint(StringShape shape) {
    return "Member must satisfy enum value set: " + shape.values();
  }

  private boolean holdsSecrets(Shape shape) {
    return shape.sensitive()
        || switch (shape) {
          case ListShape list -> model.shape(list.member()).sensitive();
          case MapShape map -> model.shape(map.value()).sensitive();
          case StructureShape structure ->
              structure.members().values().stream().anyMatch(m -> model.shape(m).sensitive());
          case StringShape _, IntegerShape _, BooleanShape _, TimestampShape _ -> false;
        };
  }

  private static String violation(
      @Nullable JsonNode value, String path, boolean secret, String constraint) {
    String shown;
    if (value == null) {
      shown = " null";
    } else if (secret) {
      shown = "";
    } else {
      shown = " '" + shortened(display(value)) + "'";
    }
    return "Value%s at '%s' failed to satisfy constraint: %s".formatted(shown, path, constraint);
  }

  /** Lists and maps as Java prints them, which is what AWS services do. */
  private static String display(JsonNode value) {
    if (value.isArray()) {
      return value
          .valueStream()
          .map(Constraints::display)
          .collect(Collectors.joining(", ", "[", "]"));
    }
    if (value.isObject()) {
      return value.properties().stream()
          .map(e -> e.getKey() + "=" + display(e.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    return value.isNull() ? "null" : value.asString();
  }

  private static String shortened(String text) {
    return text.length() <= ECHOED_CHARS ? text : text.substring(0, ECHOED_CHARS) + "…";
  }
}
