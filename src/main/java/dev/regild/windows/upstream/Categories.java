package dev.regild.windows.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/**
 * The products and classifications that Regild knows by name, with Microsoft's ids ({@code
 * categories.json}).
 *
 * @param products of Windows, by name
 * @param classifications by name
 * @param drivers products of drivers, by name
 * @param never classifications and products whose updates are not for an image that runs
 * @param platforms the names of the products of each platform
 * @param driversOfPlatforms the names of the products of drivers of each platform
 * @param builds of the products that have one build for good
 * @param usual the names of the classifications that a channel has, if nobody says
 */
record Categories(
    Map<String, UUID> products,
    Map<String, UUID> classifications,
    Map<String, UUID> drivers,
    Map<String, UUID> never,
    Map<String, List<String>> platforms,
    Map<String, List<String>> driversOfPlatforms,
    Map<String, List<String>> builds,
    List<String> usual) {
  private static final Categories KNOWN = read();

  private static Categories read() {
    try (InputStream in = Categories.class.getResourceAsStream("categories.json")) {
      return JsonMapper.shared()
          .readValue(Objects.requireNonNull(in, "categories.json"), Categories.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Categories known() {
    return KNOWN;
  }

  /** Returns the ids of what is never asked for, whatever a channel's file says. */
  static Set<UUID> refused() {
    return Set.copyOf(KNOWN.never.values());
  }

  /**
   * Returns the id of a name; a name may be an id itself.
   *
   * @param known the names and their ids
   * @throws IllegalArgumentException if it is unknown, or never asked for; the message begins with
   *     the key
   */
  static UUID id(String key, String name, Map<String, UUID> known) {
    Optional<UUID> id =
        known.entrySet().stream()
            .filter(each -> each.getKey().equalsIgnoreCase(name))
            .map(Map.Entry::getValue)
            .findFirst()
            .or(() -> parsed(name));
    if (id.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: '%s' is unknown; write one of %s, or its id"
              .formatted(key, name, String.join(", ", new TreeSet<>(known.keySet()))));
    }
    if (refused().contains(id.get())) {
      throw new IllegalArgumentException(
          "%s: '%s' has no updates for an installed system; remove it".formatted(key, name));
    }
    return id.get();
  }

  private static Optional<UUID> parsed(String text) {
    return text.toLowerCase(Locale.ROOT).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
        ? Optional.of(UUID.fromString(text))
        : Optional.empty();
  }

  /** Returns the build of Windows that products are for; empty if they have several. */
  static List<String> builds(Collection<UUID> categories) {
    return KNOWN.builds.entrySet().stream()
        .filter(each -> categories.contains(KNOWN.products.get(each.getKey())))
        .flatMap(each -> each.getValue().stream())
        .sorted()
        .toList();
  }

  /** Returns the names of ids, or the ids where they have none, for messages. */
  static String names(Collection<UUID> ids) {
    return ids.stream().map(Categories::name).sorted().collect(Collectors.joining(", "));
  }

  /** Returns the name of an id, or the id itself. */
  static String name(UUID id) {
    for (Map<String, UUID> each :
        List.of(KNOWN.products, KNOWN.classifications, KNOWN.drivers, KNOWN.never)) {
      for (Map.Entry<String, UUID> entry : each.entrySet()) {
        if (entry.getValue().equals(id)) {
          return entry.getKey();
        }
      }
    }
    return id.toString();
  }
}
