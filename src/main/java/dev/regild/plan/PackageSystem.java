package dev.regild.plan;

import java.util.Comparator;
import java.util.List;

/** A family of package managers: how its versions compare, and what its words are. */
public enum PackageSystem {
  /** dpkg and apt. */
  DPKG("all"),

  /** rpm, with dnf or yum. */
  RPM("noarch");

  private static final List<String> RPM_PLATFORMS = List.of("AMAZON_LINUX", "RHEL", "ROCKY_LINUX");

  private final String anyArchitecture;

  PackageSystem(String anyArchitecture) {
    this.anyArchitecture = anyArchitecture;
  }

  /** The package system of a platform, in the form of the API's {@code PlatformType}. */
  public static PackageSystem of(String platform) {
    return RPM_PLATFORMS.stream().anyMatch(platform::startsWith) ? RPM : DPKG;
  }

  /** The order of versions, as the package manager has it. */
  public Comparator<String> order() {
    return switch (this) {
      case DPKG -> DebianVersion.ORDER;
      case RPM -> RpmVersion.ORDER;
    };
  }

  /** What it calls the architecture of a package that is for every machine. */
  public String anyArchitecture() {
    return anyArchitecture;
  }
}
