package dev.regild.image.builder;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The instance families of streaming machines, each with the smallest type that it has. */
enum InstanceFamily {
  GENERAL_PURPOSE("stream.standard.small"),
  COMPUTE_OPTIMIZED("stream.compute.large"),
  MEMORY_OPTIMIZED("stream.memory.large"),
  GRAPHICS_G4("stream.graphics.g4dn.xlarge"),
  GRAPHICS_G5("stream.graphics.g5.xlarge"),
  GRAPHICS_G6("stream.graphics.g6.xlarge");

  private final String smallestType;

  InstanceFamily(String smallestType) {
    this.smallestType = smallestType;
  }

  /** The smallest type of the first family that is known; of the general one if none is. */
  static String smallestType(List<String> families) {
    return families.stream()
        .map(InstanceFamily::named)
        .flatMap(Optional::stream)
        .findFirst()
        .orElse(GENERAL_PURPOSE)
        .smallestType;
  }

  /** The API's texts differ in case and in what stands between the words. */
  private static Optional<InstanceFamily> named(String text) {
    String name = text.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]+", "_");
    return Arrays.stream(values()).filter(family -> name.startsWith(family.name())).findFirst();
  }
}
