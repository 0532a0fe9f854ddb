package dev.regild.plan;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The operating systems of images: the API's {@code PlatformType} values, and Debian, of which each
 * release is a platform of its own. What a platform needs follows from its package system.
 */
public enum PlatformType {
  DEBIAN("Debian", PackageSystem.DPKG),
  UBUNTU_PRO_2404("Ubuntu 24.04", PackageSystem.DPKG),
  AMAZON_LINUX2("Amazon Linux 2", PackageSystem.RPM),
  RHEL8("Red Hat Enterprise Linux 8", PackageSystem.RPM),
  ROCKY_LINUX8("Rocky Linux 8", PackageSystem.RPM),
  WINDOWS("Windows 10 and 11", PackageSystem.WINDOWS),
  WINDOWS_SERVER_2016("Windows Server 2016", PackageSystem.WINDOWS),
  WINDOWS_SERVER_2019("Windows Server 2019", PackageSystem.WINDOWS),
  WINDOWS_SERVER_2022("Windows Server 2022", PackageSystem.WINDOWS),
  WINDOWS_SERVER_2025("Windows Server 2025", PackageSystem.WINDOWS);

  private static final String DEBIAN_RELEASE = "DEBIAN_";

  private final String product;
  private final PackageSystem system;

  PlatformType(String product, PackageSystem system) {
    this.product = product;
    this.system = system;
  }

  /**
   * The type of a platform as images and channels name it.
   *
   * @param platform {@code DEBIAN_12}, {@code ROCKY_LINUX8}
   * @return empty if none is of that name
   */
  public static Optional<PlatformType> find(String platform) {
    if (platform.matches(DEBIAN_RELEASE + "[A-Z0-9_]+")) {
      return Optional.of(DEBIAN);
    }
    return Arrays.stream(values())
        .filter(type -> type != DEBIAN && type.name().equals(platform))
        .findFirst();
  }

  /**
   * The type of the platform of an image or a channel, which were checked when they came.
   *
   * @throws IllegalArgumentException if none is of that name; the message lists those that are
   */
  public static PlatformType of(String platform) {
    return find(platform)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "there is no platform '" + platform + "'; write one of " + names()));
  }

  /** As images name it: of Debian, that of its release 12. */
  public String example() {
    return this == DEBIAN ? DEBIAN_RELEASE + "12" : name();
  }

  /** Every name that can be written, for messages. */
  public static String names() {
    return Arrays.stream(values()).map(PlatformType::example).collect(Collectors.joining(", "));
  }

  /** Every product, for messages. */
  public static String products() {
    return Arrays.stream(values()).map(type -> type.product).collect(Collectors.joining(", "));
  }

  /** What its packages are of: how versions compare, and what services it. */
  public PackageSystem system() {
    return system;
  }
}
