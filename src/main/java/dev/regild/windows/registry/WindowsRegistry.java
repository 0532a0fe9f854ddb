package dev.regild.windows.registry;

import java.util.List;
import java.util.Optional;

/**
 * The hives of a Windows that is not running.
 *
 * @param software {@code HKEY_LOCAL_MACHINE\SOFTWARE}
 * @param system {@code HKEY_LOCAL_MACHINE\SYSTEM}
 * @param controlSet what the system finds as {@code CurrentControlSet} when it runs
 * @param drivers {@code HKEY_LOCAL_MACHINE\DRIVERS}, which keeps the packages of drivers that no
 *     boot needs; older systems have none
 */
record WindowsRegistry(
    RegistryKey software,
    RegistryKey system,
    RegistryKey controlSet,
    Optional<RegistryKey> drivers) {
  private static final String CONTROL_SET = "CurrentControlSet\\";

  /** The number of {@link ServiceStart#BOOT}. */
  private static final int BOOT = 0;

  /**
   * Opens the hives.
   *
   * @throws DamagedHiveException if what every Windows has is not there
   */
  static WindowsRegistry of(
      RegistryHive software, RegistryHive system, Optional<RegistryHive> drivers) {
    RegistryKey root = system.root();
    long current =
        root.find("Select")
            .orElseThrow(() -> system.damaged("it has no Select"))
            .number("Current")
            .orElseThrow(() -> system.damaged("its Select names no control set"));
    RegistryKey controlSet =
        root.find("ControlSet%03d".formatted(current))
            .orElseThrow(() -> system.damaged("control set %d is missing".formatted(current)));
    return new WindowsRegistry(software.root(), root, controlSet, drivers.map(RegistryHive::root));
  }

  /**
   * Finds a key as a Windows that runs would.
   *
   * @param path below {@code HKEY_LOCAL_MACHINE}: {@code SYSTEM\CurrentControlSet\Control}
   */
  Optional<RegistryKey> find(String path) {
    String[] parts = path.split("\\\\", 2);
    String inHive = parts.length > 1 ? parts[1] : "";
    return switch (parts[0]) {
      case "SOFTWARE" -> software.find(inHive);
      case "SYSTEM" ->
          inHive.startsWith(CONTROL_SET)
              ? controlSet.find(inHive.substring(CONTROL_SET.length()))
              : system.find(inHive);
      default -> Optional.empty();
    };
  }

  /** The start type of a service, as Windows counts it; empty if there is no such service. */
  Optional<ServiceStart> serviceStart(String service) {
    return controlSet
        .find("Services\\" + service)
        .flatMap(key ->
            key.number("Start").stream()
                .filter(start -> start >= 0 && start < ServiceStart.values().length)
                .mapToObj(start -> ServiceStart.values()[(int) start])
                .findFirst());
  }

  /** The command line of a service's program; empty if there is none. */
  String servicePath(String service) {
    return controlSet.find("Services\\" + service).map(key -> key.text("ImagePath")).orElse("");
  }

  /**
   * Whether a driver is loaded to boot with. Windows demotes drivers of disks that it was not
   * installed on by {@code StartOverride}, whose value {@code 0} counts before {@code Start}.
   */
  boolean startsAtBoot(String driver) {
    boolean demoted =
        controlSet
            .find("Services\\" + driver + "\\StartOverride")
            .map(key -> key.number("0").orElse(BOOT) != BOOT)
            .orElse(false);
    return !demoted && serviceStart(driver).equals(Optional.of(ServiceStart.BOOT));
  }

  /** The places of packages of drivers. */
  List<RegistryKey> driverDatabases() {
    return List.of(Optional.of(system), drivers).stream()
        .flatMap(Optional::stream)
        .flatMap(root -> root.find("DriverDatabase").stream())
        .toList();
  }

  /** When a service or a driver starts, in the order of Windows' numbers from 0. */
  enum ServiceStart {
    BOOT,
    SYSTEM,
    AUTOMATIC,
    MANUAL,
    DISABLED
  }
}
