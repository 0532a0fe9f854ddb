package dev.regild.plan;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The operating systems of images: the API's {@code PlatformType} values, and Debian, of which each
 * release is a platform of its own. What a platform needs follows from its package system.
 */
public enum PlatformType {
  DEBIAN("Debian", PackageSystem.DPKG, "debian", ""),
  UBUNTU_PRO_2404("Ubuntu 24.04", PackageSystem.DPKG, "ubuntu", "24.04"),
  AMAZON_LINUX2("Amazon Linux 2", PackageSystem.RPM, "amzn", "2"),
  RHEL8("Red Hat Enterprise Linux 8", PackageSystem.RPM, "rhel", "8"),
  ROCKY_LINUX8("Rocky Linux 8", PackageSystem.RPM, "rocky", "8"),
  WINDOWS("Windows 10 and 11", PackageSystem.WINDOWS, Ids.CLIENT, ""),
  WINDOWS_SERVER_2016("Windows Server 2016", PackageSystem.WINDOWS, Ids.SERVER, "14393"),
  WINDOWS_SERVER_2019("Windows Server 2019", PackageSystem.WINDOWS, Ids.SERVER, "17763"),
  WINDOWS_SERVER_2022("Windows Server 2022", PackageSystem.WINDOWS, Ids.SERVER, "20348"),
  WINDOWS_SERVER_2025("Windows Server 2025", PackageSystem.WINDOWS, Ids.SERVER, "26100");

  private static final String DEBIAN_RELEASE = "DEBIAN_";
  private static final int FIRST_WINDOWS_10 = 10240;

  private final String product;
  private final PackageSystem system;
  private final String id;
  private final String release;

  /** In the place of {@code ID} where there is no {@code /etc/os-release}. */
  private static final class Ids {
    static final String CLIENT = "windows-client";
    static final String SERVER = "windows-server";
  }

  /**
   * @param id what a disk says that it holds: {@code ID} of {@code /etc/os-release}, or one of
   *     {@link Ids}
   * @param release the version, or what it begins with before a dot; the build of a Windows Server;
   *     empty for any
   */
  PlatformType(String product, PackageSystem system, String id, String release) {
    this.product = product;
    this.system = system;
    this.id = id;
    this.release = release;
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
                "unknown platform '" + platform + "'; write one of " + names()));
  }

  /**
   * The platform of a Linux, as images name it.
   *
   * @param id {@code ID} of {@code /etc/os-release}
   * @param version {@code VERSION_ID}
   * @return empty if there is no servicing for it
   */
  public static Optional<String> ofLinux(String id, String version) {
    return recognised(id, version)
        .map(type ->
            type == DEBIAN
                ? DEBIAN_RELEASE + version.toUpperCase(Locale.ROOT).replace('.', '_')
                : type.name())
        .filter(platform -> find(platform).isPresent());
  }

  /**
   * The platform of a Windows.
   *
   * @param build without its revision: {@code 20348}
   * @return empty if there is no servicing for it
   */
  public static Optional<PlatformType> ofWindows(boolean server, int build) {
    return recognised(server ? Ids.SERVER : Ids.CLIENT, Integer.toString(build))
        .filter(_ -> build >= FIRST_WINDOWS_10);
  }

  private static Optional<PlatformType> recognised(String id, String version) {
    return Arrays.stream(values())
        .filter(type -> type.id.equals(id) && type.isRelease(version))
        .findFirst();
  }

  private boolean isRelease(String version) {
    return release.isEmpty() || version.equals(release) || version.startsWith(release + ".");
  }

  /** The builds of Windows Server that there is servicing for, for messages. */
  public static String serverBuilds() {
    return Arrays.stream(values())
        .filter(type -> type.id.equals(Ids.SERVER))
        .map(type -> type.release)
        .collect(Collectors.joining(", "));
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
