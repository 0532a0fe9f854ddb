package dev.regild.plan;

import java.util.List;

/**
 * What is known of a Windows image beyond its packages, read from its registry.
 *
 * <p>Its inventory has packages for the same facts: {@link #SYSTEM} at the build's version, each KB
 * by the name of its identity ({@code Package_for_RollupFix}), each driver package by its INF's
 * original name, and each program by its name in the list of installed programs.
 *
 * @param edition {@code EditionID}: {@code ServerDatacenter}, {@code Professional}
 * @param displayVersion {@code 21H2}; empty where the system has none
 * @param build {@code 20348.2340}
 * @param updates every KB of Component Based Servicing that is installed, or on its way in or out
 * @param drivers every driver package that was added to the driver store; what came with Windows is
 *     left out
 * @param devices the hardware ids of the devices that the system has seen, each as its driver would
 *     match it, in capitals
 * @param hardware the same by device; none in an older inventory
 * @param programs every program that is listed for removal, or was installed by Windows Installer
 * @param pendingRestarts the signs that the system wants a restart: {@linkplain
 *     PendingRestart#registryName names} of the registry's, and {@link
 *     dev.regild.windows.registry.PendingRestart#QUEUE}
 * @param computers the hardware ids of the computers that the system has started on (Microsoft's
 *     CHIDs), in small letters; none in an older inventory
 */
public record WindowsFacts(
    String edition,
    String displayVersion,
    String build,
    List<InstalledKb> updates,
    List<Driver> drivers,
    List<String> devices,
    List<Program> programs,
    List<String> pendingRestarts,
    List<Device> hardware,
    List<String> computers) {
  /** The name of the package that stands for the operating system itself. */
  public static final String SYSTEM = "Windows";

  /**
   * Returns the name by which feeds call the system of one build, where images of several builds
   * have one platform: {@code Windows 26100}.
   */
  public static String ofBuild(String base) {
    return SYSTEM + " " + base;
  }

  /** The service of the QEMU guest agent, through which a Windows is serviced. */
  public static final String AGENT_SERVICE = "QEMU-GA";

  public WindowsFacts {
    updates = List.copyOf(updates);
    drivers = List.copyOf(drivers);
    devices = List.copyOf(devices);
    programs = List.copyOf(programs);
    pendingRestarts = List.copyOf(pendingRestarts);
    hardware = hardware == null ? List.of() : List.copyOf(hardware);
    computers = computers == null ? List.of() : List.copyOf(computers);
  }

  /** Without what is known of each device, and of computers. */
  public WindowsFacts(
      String edition,
      String displayVersion,
      String build,
      List<InstalledKb> updates,
      List<Driver> drivers,
      List<String> devices,
      List<Program> programs,
      List<String> pendingRestarts) {
    this(
        edition,
        displayVersion,
        build,
        updates,
        drivers,
        devices,
        programs,
        pendingRestarts,
        List.of(),
        List.of());
  }

  /** Returns its devices; of an older inventory one for each id. */
  public List<Device> eachDevice() {
    return hardware.isEmpty()
        ? devices.stream().map(id -> new Device(List.of(id), List.of())).toList()
        : hardware;
  }

  /**
   * A device, by the ids that its bus has given it, the most specific first, in capitals.
   *
   * @param hardwareIds of just that model
   * @param compatibleIds of what it is compatible with
   */
  public record Device(List<String> hardwareIds, List<String> compatibleIds) {
    public Device {
      hardwareIds = List.copyOf(hardwareIds);
      compatibleIds = List.copyOf(compatibleIds);
    }
  }

  /**
   * A KB in Component Based Servicing.
   *
   * @param identity {@code Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2340.1.10}
   * @param kb {@code KB5035857}; empty where the package doesn't say
   * @param state {@code INSTALLED}, {@code PARTIALLY_INSTALLED}, {@code INSTALL_PENDING}, {@code
   *     UNINSTALL_PENDING}, {@code STAGED}, {@code SUPERSEDED}
   */
  public record InstalledKb(String identity, String kb, String state) {}

  /**
   * A driver package.
   *
   * @param inf its INF's original name: {@code netkvm.inf}
   * @param provider who made it
   * @param deviceClass {@code Net}, {@code Display}
   * @param version as {@link dev.regild.windows.registry.WindowsVersion#ofDriver} has it
   * @param hardwareIds that it is for, in capitals
   */
  public record Driver(
      String inf, String provider, String deviceClass, String version, List<String> hardwareIds) {
    public Driver {
      hardwareIds = List.copyOf(hardwareIds);
    }
  }

  /**
   * A program.
   *
   * @param name under which it is listed
   * @param productCode Windows Installer's {@code {GUID}}, in capitals; empty for a program of
   *     another installer
   * @param upgradeCode the {@code {GUID}} of all of its versions, in capitals; empty where it has
   *     none
   */
  public record Program(
      String name, String version, String architecture, String productCode, String upgradeCode) {}
}
