package dev.regild.channel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * A channel as a YAML file, named after it. Keys are in kebab case:
 *
 * <pre>{@code
 * platform: DEBIAN_12
 * sources:
 *   - uris: [http://mirror.example/debian]
 *     suites: [bookworm, bookworm-updates]
 *     components: [main]
 *     architectures: [amd64]                 # default: this machine's
 *     signed-by: /usr/share/keyrings/debian-archive-keyring.gpg
 * driver-packages: [linux-image-*, "*-dkms"] # default: Channel.DEFAULT_DRIVER_PACKAGES
 * agent-packages: [example-agent]            # default: none
 * refresh-interval: 1h                       # s, m, h or d; default: 1h
 * }</pre>
 */
final class ChannelFile {
  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  private static final Set<String> KEYS =
      Set.of("platform", "sources", "driver-packages", "agent-packages", "refresh-interval");
  private static final Set<String> SOURCE_KEYS =
      Set.of("uris", "suites", "components", "architectures", "signed-by");

  private ChannelFile() {}

  /** Reads a channel; what is wrong is said with the file, the key and the remedy. */
  static Channel read(String name, Path file) throws ChannelException {
    try {
      JsonNode root = YAML.readTree(Files.readAllBytes(file));
      refuseUnknownKeys("", root, KEYS);
      List<AptSource> sources = new ArrayList<>();
      JsonNode list = root.path("sources");
      if (!list.isArray()) {
        throw new IllegalArgumentException("sources: must be a list of repositories");
      }
      for (int i = 0; i < list.size(); i++) {
        sources.add(source("sources[" + i + "].", list.path(i)));
      }
      return new Channel(
          name,
          text("", root, "platform"),
          sources,
          texts("", root, "driver-packages", Channel.DEFAULT_DRIVER_PACKAGES),
          texts("", root, "agent-packages", List.of()),
          root.has("refresh-interval")
              ? interval(text("", root, "refresh-interval"))
              : Channel.DEFAULT_REFRESH_INTERVAL);
    } catch (IllegalArgumentException e) {
      throw new ChannelException(file + ": " + e.getMessage(), e);
    } catch (JacksonException e) {
      throw new ChannelException(
          file
              + " is no YAML: "
              + e.getOriginalMessage()
              + " (line "
              + (e.getLocation() == null ? "?" : e.getLocation().getLineNr())
              + ")",
          e);
    } catch (IOException e) {
      throw new ChannelException(file + " can't be read (" + e + "); correct its rights", e);
    }
  }

  static String write(Channel channel) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("platform", channel.platform());
    root.put("sources", channel.sources().stream().map(ChannelFile::tree).toList());
    root.put("driver-packages", channel.driverPackages());
    root.put("agent-packages", channel.agentPackages());
    root.put("refresh-interval", channel.refreshInterval().toSeconds() + "s");
    return YAML.writeValueAsString(root);
  }

  private static Map<String, Object> tree(AptSource source) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("uris", source.uris());
    tree.put("suites", source.suites());
    tree.put("components", source.components());
    tree.put("architectures", source.architectures());
    tree.put("signed-by", source.signedBy());
    return tree;
  }

  private static AptSource source(String path, JsonNode node) {
    refuseUnknownKeys(path, node, SOURCE_KEYS);
    List<String> uris = texts(path, node, "uris", List.of());
    List<String> suites = texts(path, node, "suites", List.of());
    List<String> components = texts(path, node, "components", List.of());
    List<String> architectures =
        texts(path, node, "architectures", List.of(AptSource.hostArchitecture()));
    String signedBy = text(path, node, "signed-by");
    try {
      return new AptSource(uris, suites, components, architectures, signedBy);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(path + e.getMessage(), e);
    }
  }

  private static void refuseUnknownKeys(String path, JsonNode node, Set<String> known) {
    if (!node.isObject()) {
      String what = path.isEmpty() ? "the file" : path.substring(0, path.length() - 1);
      throw new IllegalArgumentException(what + ": must hold keys and values: " + sorted(known));
    }
    for (String key : node.propertyNames()) {
      if (!known.contains(key)) {
        throw new IllegalArgumentException(
            path
                + key
                + ": is no key of a channel; remove it, or correct it to one of "
                + sorted(known));
      }
    }
  }

  private static String sorted(Set<String> keys) {
    return String.join(", ", new TreeSet<>(keys));
  }

  private static String text(String path, JsonNode node, String key) {
    JsonNode value = node.path(key);
    if (!value.isString()) {
      throw new IllegalArgumentException(
          path + key + (node.has(key) ? ": must be a text" : ": is missing; add it"));
    }
    return value.stringValue();
  }

  private static List<String> texts(String path, JsonNode node, String key, List<String> defaults) {
    if (!node.has(key)) {
      return defaults;
    }
    JsonNode value = node.path(key);
    List<String> result = new ArrayList<>();
    for (JsonNode each : value.values()) {
      if (each.isString()) {
        result.add(each.stringValue());
      }
    }
    if (!value.isArray() || result.size() != value.size()) {
      throw new IllegalArgumentException(
          path + key + ": must be a list of texts, for example [one, two]");
    }
    return result;
  }

  private static Duration interval(String text) {
    try {
      String upper = text.strip().toUpperCase(Locale.ROOT);
      return Duration.parse(upper.endsWith("D") ? "P" + upper : "PT" + upper);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "refresh-interval: '" + text + "' is no time; write for example 30m, 1h or 1d", e);
    }
  }
}
