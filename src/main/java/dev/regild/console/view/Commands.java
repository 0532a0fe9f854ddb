package dev.regild.console.view;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The same as commands, ready to paste.
 *
 * @param aws the AWS command line; empty if the API has no operation for this
 * @param python boto3; likewise
 * @param regild our own command; empty if it has none for this
 */
public record Commands(String aws, String python, String regild) {
  private static final JsonMapper JSON = JsonMapper.shared();

  /**
   * The commands for a call of the API.
   *
   * @param endpoint where the server is
   */
  public static Commands of(
      String operation,
      Map<String, Object> request,
      String endpoint,
      String region,
      String regild) {
    return new Commands(
        aws(operation, request, endpoint, region),
        python(operation, request, endpoint, region),
        regild);
  }

  private static String aws(
      String operation, Map<String, Object> request, String endpoint, String region) {
    List<String> words = new ArrayList<>();
    words.add("aws appstream " + hyphened(operation));
    words.add("--endpoint-url " + quoted(endpoint));
    words.add("--region " + quoted(region));
    if (request.values().stream().allMatch(Commands::isTakenAsItIs)) {
      request.forEach((name, value) -> words.add(option(name, value)));
    } else {
      words.add("--cli-input-json " + quoted(JSON.writeValueAsString(request)));
    }
    return String.join(" \\\n    ", words);
  }

  /**
   * Whether the AWS command line takes a value for what it is: it reads the files that {@code
   * file://} names, and takes what begins with a hyphen for an option.
   */
  private static boolean isTakenAsItIs(Object value) {
    return !(value instanceof String text) || !text.matches("(?s)(-|fileb?://|https?://).*");
  }

  private static String option(String name, Object value) {
    return switch (value) {
      case Boolean yes -> "--" + (yes ? "" : "no-") + hyphened(name);
      case String text -> "--" + hyphened(name) + " " + quoted(text);
      default -> "--" + hyphened(name) + " " + quoted(JSON.writeValueAsString(value));
    };
  }

  private static String python(
      String operation, Map<String, Object> request, String endpoint, String region) {
    StringBuilder text = new StringBuilder("import boto3\n\n");
    text.append("client = boto3.client(\n    \"appstream\", endpoint_url=")
        .append(literal(endpoint))
        .append(", region_name=")
        .append(literal(region))
        .append(")\n");
    text.append("client.").append(hyphened(operation).replace('-', '_')).append("(\n");
    request.forEach((name, value) ->
        text.append("    ").append(name).append('=').append(literal(value)).append(",\n"));
    return text.append(")\n").toString();
  }

  /** A Python literal: JSON's texts, lists and maps are some, its truth values are not. */
  private static String literal(Object value) {
    return switch (value) {
      case Boolean yes -> yes ? "True" : "False";
      case Map<?, ?> map -> {
        List<String> entries = new ArrayList<>();
        map.forEach(
            (key, each) -> entries.add(literal(String.valueOf(key)) + ": " + literal(each)));
        yield "{" + String.join(", ", entries) + "}";
      }
      case List<?> list ->
          "[" + String.join(", ", list.stream().map(Commands::literal).toList()) + "]";
      default -> JSON.writeValueAsString(value);
    };
  }

  /** {@code CreateUpdatedImage} as {@code create-updated-image}. */
  private static String hyphened(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
  }

  /** One word of a POSIX shell, whatever is in it. */
  public static String quoted(String text) {
    return text.matches("[A-Za-z0-9_./:@%+,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
