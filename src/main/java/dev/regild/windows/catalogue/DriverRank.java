package dev.regild.windows.catalogue;

import dev.regild.plan.WindowsFacts.Device;
import dev.regild.windows.registry.WindowsVersion;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How well a driver fits a device, the best first, in the order in which Windows chooses ("How
 * Windows Ranks Drivers"): by its feature score, by the first of the device's ids that it names,
 * then the newest. The score of its signature is left out: a driver is signed by WHQL, or was
 * chosen by the channel's owner.
 *
 * @param featureScore by which its maker says what it can do, the lower the better
 * @param identifier the place of the id; those of compatible devices come behind all others
 * @param version as {@link WindowsVersion#ofDriver} has it
 */
public record DriverRank(int featureScore, int identifier, String version)
    implements Comparable<DriverRank> {
  /** Of a driver whose maker says nothing. */
  public static final int USUAL_FEATURE_SCORE = 0xff;

  private static final int COMPATIBLE = 0x2000;

  private static final Comparator<DriverRank> ORDER =
      Comparator.comparingInt(DriverRank::featureScore)
          .thenComparingInt(DriverRank::identifier)
          .thenComparing(DriverRank::version, WindowsVersion.ORDER.reversed());

  /**
   * Ranks a driver.
   *
   * @param ids that it is for, in capitals
   * @return empty if it is not for the device
   */
  public static Optional<DriverRank> of(
      Device device, Collection<String> ids, int featureScore, String version) {
    int hardware = first(device.hardwareIds(), ids);
    int compatible = first(device.compatibleIds(), ids);
    if (hardware < 0 && compatible < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new DriverRank(featureScore, hardware >= 0 ? hardware : COMPATIBLE + compatible, version));
  }

  private static int first(List<String> own, Collection<String> ids) {
    for (int i = 0; i < own.size(); i++) {
      if (ids.contains(own.get(i))) {
        return i;
      }
    }
    return -1;
  }

  /** Negative if this one is the better. */
  @Override
  public int compareTo(DriverRank other) {
    return ORDER.compare(this, other);
  }

  /** Whether Windows would choose this one where it has the other. */
  boolean isBetterThan(DriverRank other) {
    return compareTo(other) < 0;
  }
}
