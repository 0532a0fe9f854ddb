package dev.regild.channel;

import dev.regild.fetch.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * The keys of a source, or of the whole, in a channel's file. What can't be used is an {@link
 * IllegalArgumentException} whose message begins with the key.
 */
public final class SourceKeys {
  private final JsonNode node;

  SourceKeys(JsonNode node) {
    this.node = node;
  }

  public boolean has(String key) {
    return node.has(key);
  }

  /** Returns how the source's servers are reached. */
  public Route route() {
    return new Route(text("proxy", ""), text("ca-cert", ""));
  }

  /**
   * Refuses every other key.
   *
   * @throws IllegalArgumentException if there is one
   */
  public SourceKeys only(Set<String> known) {
    if (!node.isObject()) {
      throw new IllegalArgumentException("must hold keys and values: " + sorted(known));
    }
    for (String key : node.propertyNames()) {
      if (!known.contains(key)) {
        throw new IllegalArgumentException(
            key + ": is not a channel key; remove it, or change it to one of " + sorted(known));
      }
    }
    return this;
  }

  private static String sorted(Set<String> keys) {
    return String.join(", ", new TreeSet<>(keys));
  }

  /** Returns a text, or what holds where the key is missing. */
  public String text(String key, String defaultText) {
    return node.has(key) ? text(key) : defaultText;
  }

  /** Returns a text that has to be there. */
  public String text(String key) {
    JsonNode value = node.path(key);
    if (!value.isString()) {
      throw new IllegalArgumentException(
          key + (node.has(key) ? ": must be a string" : ": is missing; add it"));
    }
    return value.stringValue();
  }

  /** Returns a list of texts. */
  public List<String> texts(String key, List<String> defaults) {
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
          key + ": must be a list of strings, for example [one, two]");
    }
    return result;
  }

  /** Returns true or false. */
  public boolean flag(String key, boolean otherwise) {
    JsonNode value = node.path(key);
    if (node.has(key) && !value.isBoolean()) {
      throw new IllegalArgumentException(key + ": must be true or false");
    }
    return value.asBoolean(otherwise);
  }
}
