package dev.regild.server.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Where values come from: a file, environment variables over it, flags over both. */
final class ConfigSources {
  private static final String PREFIX = "REGILD_";

  private ConfigSources() {}

  /** The values by key, as text. */
  static Map<String, String> read(
      Optional<Path> file, Map<String, String> environment, Map<String, String> flags)
      throws ConfigException {
    Map<String, String> values = new HashMap<>();
    if (file.isPresent()) {
      flatten("", parse(file.get()), values);
      refuseUnknown(values, "in " + file.get());
    }
    for (String key : ConfigKeys.ALL) {
      String value = environment.get(variable(key));
      if (value != null) {
        values.put(key, value);
      }
    }
    refuseUnknown(flags, "among the flags");
    values.putAll(flags);
    return values;
  }

  /** The variable that sets a key: {@code REGILD_QUOTAS_IMAGE_BUILDERS}. */
  static String variable(String key) {
    return PREFIX + key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  private static JsonNode parse(Path file) throws ConfigException {
    try {
      return new YAMLMapper().readTree(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new ConfigException("no such configuration file: " + file, e);
    } catch (IOException e) {
      throw new ConfigException("the configuration file " + file + " can't be read: " + e, e);
    } catch (JacksonException e) {
      throw new ConfigException(
          "%s is not valid YAML: line %d, column %d: %s"
              .formatted(
                  file,
                  e.getLocation().getLineNr(),
                  e.getLocation().getColumnNr(),
                  e.getOriginalMessage()),
          e);
    }
  }

  private static void flatten(String key, JsonNode node, Map<String, String> values)
      throws ConfigException {
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        flatten(
            key.isEmpty() ? entry.getKey() : key + "." + entry.getKey(), entry.getValue(), values);
      }
    } else if (node.isValueNode() && !key.isEmpty()) {
      // A key with nothing behind it is the same as no key.
      if (!node.isNull()) {
        values.put(key, node.asString());
      }
    } else if (!node.isMissingNode() && !node.isNull()) {
      throw new ConfigException(
          (key.isEmpty() ? "the configuration" : key) + " must be a single value, not a list");
    }
  }

  private static void refuseUnknown(Map<String, String> values, String where)
      throws ConfigException {
    for (String key : new TreeSet<>(values.keySet())) {
      if (!ConfigKeys.ALL.contains(key)) {
        throw new ConfigException(
            "unknown key %s %s; the keys are %s"
                .formatted(key, where, String.join(", ", new TreeSet<>(ConfigKeys.ALL))));
      }
    }
  }
}
