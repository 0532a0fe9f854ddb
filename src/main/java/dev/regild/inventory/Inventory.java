package dev.regild.inventory;

import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdatePolicy;
import dev.regild.plan.WindowsFacts;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is installed on a disk.
 *
 * @param os the operating system
 * @param architecture the package manager's main architecture: {@code amd64}
 * @param packages every fully installed package, by name, then architecture, with Windows updates
 *     that a newer one includes
 * @param modules the stream of each module that the system has chosen, empty for one that it has
 *     disabled; of dnf's systems
 * @param policy what its owner has told its package manager; empty in an inventory that was stored
 *     before it was read
 * @param windows what more is known of a Windows image; empty for every other
 * @param configuration whether configuration files were changed; empty for Windows, and in an
 *     inventory that was stored before they were compared
 */
public record Inventory(
    OperatingSystem os,
    String architecture,
    List<InstalledPackage> packages,
    SortedMap<String, String> modules,
    Optional<UpdatePolicy> policy,
    Optional<WindowsFacts> windows,
    Optional<ConfigurationFiles> configuration) {
  public Inventory {
    packages = List.copyOf(packages);
    // An inventory that was stored before these were read has none.
    modules =
        modules == null
            ? Collections.emptySortedMap()
            : Collections.unmodifiableSortedMap(new TreeMap<>(modules));
    policy = policy == null ? Optional.empty() : policy;
    windows = windows == null ? Optional.empty() : windows;
    configuration = configuration == null ? Optional.empty() : configuration;
  }

  /** Of a Windows. */
  public Inventory(
      OperatingSystem os,
      String architecture,
      List<InstalledPackage> packages,
      SortedMap<String, String> modules,
      Optional<WindowsFacts> windows) {
    this(os, architecture, packages, modules, Optional.empty(), windows, Optional.empty());
  }

  /** Of a Linux. */
  public Inventory(
      OperatingSystem os,
      String architecture,
      List<InstalledPackage> packages,
      SortedMap<String, String> modules,
      UpdatePolicy policy,
      ConfigurationFiles configuration) {
    this(
        os,
        architecture,
        packages,
        modules,
        Optional.of(policy),
        Optional.empty(),
        Optional.of(configuration));
  }

  /** Of a Linux without configuration files. */
  public Inventory(
      OperatingSystem os,
      String architecture,
      List<InstalledPackage> packages,
      SortedMap<String, String> modules,
      UpdatePolicy policy) {
    this(os, architecture, packages, modules, policy, ConfigurationFiles.NONE);
  }

  /** Of a system without modules, whose owner has said nothing. */
  public Inventory(OperatingSystem os, String architecture, List<InstalledPackage> packages) {
    this(os, architecture, packages, Collections.emptySortedMap(), UpdatePolicy.NONE);
  }

  /** Returns the same with other packages, and nothing of their configuration files. */
  public Inventory with(List<InstalledPackage> others) {
    return new Inventory(os, architecture, others, modules, policy, windows, Optional.empty());
  }

  /** Returns the image owner's preferences for the package manager, as far as they are known. */
  public UpdatePolicy ownersPolicy() {
    return policy.orElse(UpdatePolicy.NONE);
  }

  /**
   * Whether the inventory has everything that is read from a disk today. An older one may lack what
   * was not read when it was stored.
   */
  public boolean isComplete() {
    return (windows.isPresent() || (policy.isPresent() && configuration.isPresent()))
        && knowsOrigins();
  }

  /** Whether it has the origins of packages, which older inventories lack. */
  public boolean knowsOrigins() {
    return packages.isEmpty() || packages.stream().anyMatch(each -> each.origin().isPresent());
  }
}
