package dev.regild.inventory;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.WindowsFacts;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is installed on a disk.
 *
 * @param os the operating system
 * @param architecture the package manager's main architecture: {@code amd64}
 * @param packages every fully installed package, by name, then architecture; of Windows' updates
 *     also those that a newer one has taken in
 * @param modules the stream of each module that the system has chosen, empty for one that it has
 *     disabled; of dnf's systems
 * @param windows what more is known of a Windows image; empty for every other
 */
public record Inventory(
    OperatingSystem os,
    String architecture,
    List<InstalledPackage> packages,
    SortedMap<String, String> modules,
    Optional<WindowsFacts> windows) {
  @SuppressWarnings("NullableOptional") // as Jackson may give it
  public Inventory(
      OperatingSystem os,
      String architecture,
      List<InstalledPackage> packages,
      @Nullable SortedMap<String, String> modules,
      @Nullable Optional<WindowsFacts> windows) {
    this.os = os;
    this.architecture = architecture;
    this.packages = List.copyOf(packages);
    // An inventory that was stored before these were read has none.
    this.modules =
        modules == null
            ? Collections.emptySortedMap()
            : Collections.unmodifiableSortedMap(new TreeMap<>(modules));
    this.windows = windows == null ? Optional.empty() : windows;
  }

  /** Of a system with modules. */
  public Inventory(
      OperatingSystem os,
      String architecture,
      List<InstalledPackage> packages,
      SortedMap<String, String> modules) {
    this(os, architecture, packages, modules, Optional.empty());
  }

  /** Of a system without modules. */
  public Inventory(OperatingSystem os, String architecture, List<InstalledPackage> packages) {
    this(os, architecture, packages, Collections.emptySortedMap());
  }
}
