package dev.regild.servicing;

import dev.regild.plan.PackageSystem;

/** The program in a guest that its package manager is driven by. */
public enum PackageTool {
  APT(PackageSystem.DPKG),
  DNF(PackageSystem.RPM),

  /** Of systems whose Python is 2. */
  YUM(PackageSystem.RPM);

  private final PackageSystem system;

  PackageTool(PackageSystem system) {
    this.system = system;
  }

  /** What its packages are of. */
  public PackageSystem system() {
    return system;
  }
}
