package dev.regild.image;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An application that an image offers its users, member by member the API's shape {@code
 * Application} without what belongs to app blocks.
 */
public record Application(
    String name,
    Optional<String> displayName,
    Optional<String> iconUrl,
    Optional<String> launchPath,
    Optional<String> launchParameters,
    boolean enabled,
    Map<String, String> metadata,
    Optional<String> workingDirectory,
    Optional<String> description,
    List<String> platforms,
    List<String> instanceFamilies,
    Optional<Instant> created) {
  public Application {
    metadata = Map.copyOf(metadata);
    platforms = List.copyOf(platforms);
    instanceFamilies = List.copyOf(instanceFamilies);
  }
}
