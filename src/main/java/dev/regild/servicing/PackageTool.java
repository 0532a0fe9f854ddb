package dev.regild.servicing;

import dev.regild.plan.PackageSystem;

/** The program in a guest that its package manager is driven by. */
public enum PackageTool {
  APT(PackageSystem.DPKG, "apt-get --fix-broken install"),
  DNF(PackageSystem.RPM, "dnf check"),

  /** Of systems whose Python is 2. */
  YUM(PackageSystem.RPM, "yum check");

  private final PackageSystem system;
  private final String repair;

  PackageTool(PackageSystem system, String repair) {
    this.system = system;
    this.repair = repair;
  }

  /** What its packages are of. */
  public PackageSystem system() {
    return system;
  }

  /** The command that shows or corrects what is wrong with its packages. */
  public String repair() {
    return repair;
  }
}
