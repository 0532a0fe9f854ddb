package dev.regild.windows.upstream;

import java.util.Map;

/**
 * A device that a driver's document is for.
 *
 * @param hardwareId in capitals
 * @param version its date and version, as {@link
 *     dev.regild.windows.registry.WindowsVersion#ofDriver} has it
 * @param featureScores by architecture: {@code amd64}; the lower the better. Empty if the document
 *     names no system
 * @param computers whether it is for certain models of computers only
 */
record DriverTarget(
    String hardwareId, String version, Map<String, Integer> featureScores, boolean computers) {
  DriverTarget {
    featureScores = Map.copyOf(featureScores);
  }
}
