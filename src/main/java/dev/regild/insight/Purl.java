package dev.regild.insight;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A package URL, as the specification of purl encodes it: {@code
 * pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64}.
 *
 * @param type {@code deb}
 * @param namespace empty if there is none
 * @param qualifiers by name; empty ones are left out
 */
public record Purl(
    String type,
    String namespace,
    String name,
    String version,
    SortedMap<String, String> qualifiers) {
  public Purl {
    qualifiers = Collections.unmodifiableSortedMap(new TreeMap<>(qualifiers));
  }

  /** A package URL without qualifiers. */
  public Purl(String type, String namespace, String name, String version) {
    this(type, namespace, name, version, new TreeMap<>());
  }

  /** Returns the same with one more qualifier. */
  public Purl with(String key, String value) {
    SortedMap<String, String> more = new TreeMap<>(qualifiers);
    if (!value.isEmpty()) {
      more.put(key, value);
    }
    return new Purl(type, namespace, name, version, more);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("pkg:").append(type).append('/');
    if (!namespace.isEmpty()) {
      text.append(encoded(namespace)).append('/');
    }
    text.append(encoded(name));
    if (!version.isEmpty()) {
      text.append('@').append(encoded(version));
    }
    char before = '?';
    for (var each : qualifiers.entrySet()) {
      text.append(before).append(each.getKey()).append('=').append(encoded(each.getValue()));
      before = '&';
    }
    return text.toString();
  }

  /** Encodes everything but letters, digits, {@code .-_~} and the colon. */
  private static String encoded(String text) {
    StringBuilder result = new StringBuilder(text.length() + 8);
    for (byte each : text.getBytes(UTF_8)) {
      int c = each & 0xff;
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || ".-_~:".indexOf(c) >= 0;
      if (plain) {
        result.append((char) c);
      } else {
        result.append(String.format("%%%02X", c));
      }
    }
    return result.toString();
  }
}
