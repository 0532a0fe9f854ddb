package dev.regild.windows.upstream;

import java.util.Map;
import java.util.Set;

/**
 * A device that a driver's document is for.
 *
 * @param hardwareId in capitals
 * @param version its date and version, as {@link
 *     dev.regild.windows.registry.WindowsVersion#ofDriver} has it
 * @param featureScores by architecture: {@code amd64}; the lower the better. Empty if the document
 *     names no system
 * @param computers the hardware ids of the computers that it is for; empty if it is for any. Facts
 *     that were kept before these were read have a flag here, and are fetched again
 */
record DriverTarget(
    String hardwareId, String version, Map<String, Integer> featureScores, Set<String> computers) {
  DriverTarget {
    featureScores = Map.copyOf(featureScores);
    computers = Set.copyOf(computers);
  }

  /** Whether it is for one of these computers, or for any. */
  boolean isForOneOf(Set<String> ids) {
    return computers.isEmpty() || computers.stream().anyMatch(ids::contains);
  }
}
