package dev.regild.plan;

import java.util.Comparator;

/** A family of package managers: how its versions compare, and what its words are. */
public enum PackageSystem {
  /** dpkg and apt. */
  DPKG("all"),

  /** rpm, with dnf or yum. */
  RPM("noarch"),

  /** Component Based Servicing, Plug and Play and Windows Installer. */
  WINDOWS("neutral");

  private final String anyArchitecture;

  PackageSystem(String anyArchitecture) {
    this.anyArchitecture = anyArchitecture;
  }

  /** The order of versions, as the package manager has it. */
  public Comparator<String> order() {
    return switch (this) {
      case DPKG -> DebianVersion.ORDER;
      case RPM -> RpmVersion.ORDER;
      case WINDOWS -> WindowsVersion.ORDER;
    };
  }

  /** What it calls the architecture of a package that is for every machine. */
  public String anyArchitecture() {
    return anyArchitecture;
  }
}
