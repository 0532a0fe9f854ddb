package dev.regild.inventory;

import dev.regild.plan.InstalledPackage;
import java.util.List;

/**
 * What is installed on a disk.
 *
 * @param os the operating system
 * @param architecture the package manager's main architecture: {@code amd64}
 * @param packages every fully installed package, by name, then architecture
 */
public record Inventory(OperatingSystem os, String architecture, List<InstalledPackage> packages) {
  public Inventory {
    packages = List.copyOf(packages);
  }
}
