package dev.regild.windows.registry;

import dev.regild.channel.PackageSystems;
import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.InstalledSystem;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.PlatformType;
import java.util.Locale;
import java.util.Optional;

/**
 * Which Windows it is.
 *
 * @param os its version is the whole one: {@code 10.0.20348.2340}
 * @param architecture {@code amd64}, {@code arm64}, {@code x86}
 * @param edition {@code ServerDatacenter}
 * @param displayVersion {@code 21H2}; empty where it has none
 * @param build {@code 20348.2340}
 */
record WindowsSystem(
    OperatingSystem os, String architecture, String edition, String displayVersion, String build) {
  private static final String CURRENT_VERSION = "Microsoft\\Windows NT\\CurrentVersion";
  private static final String ENVIRONMENT = "Control\\Session Manager\\Environment";

  /** From here on it is Windows 11, though its ProductName still says Windows 10. */
  private static final int FIRST_WINDOWS_11 = 22000;

  /**
   * Reads it.
   *
   * @throws UnfitDiskException if there is no platform for it
   */
  static WindowsSystem read(WindowsRegistry registry) throws UnfitDiskException {
    RegistryKey version =
        registry
            .software()
            .find(CURRENT_VERSION)
            .orElseThrow(() ->
                new DamagedHiveException("the registry hive SOFTWARE has no " + CURRENT_VERSION));
    String type = version.text("InstallationType");
    String product = version.text("ProductName");
    String number = version.text("CurrentBuildNumber");
    if (number.isEmpty()) {
      number = version.text("CurrentBuild");
    }
    if (!number.matches("\\d{1,6}")) {
      throw new DamagedHiveException("the registry hive SOFTWARE names no build");
    }
    int build = Integer.parseInt(number);
    PlatformType platform = platform(type, product, build);
    String revised = build + "." + version.number("UBR").orElse(0);
    String release = version.text("DisplayVersion");
    return new WindowsSystem(
        new OperatingSystem(platform.name(), named(product, platform, build), "10.0." + revised),
        architecture(registry),
        version.text("EditionID"),
        release.isEmpty() ? version.text("ReleaseId") : release,
        revised);
  }

  /**
   * The platform of a build.
   *
   * @param installationType {@code Client}, {@code Server}, {@code Server Core}
   * @param product for the message
   */
  static PlatformType platform(String installationType, String product, int build)
      throws UnfitDiskException {
    boolean server = installationType.startsWith("Server");
    return Optional.of(installationType)
        .filter(type -> server || type.equals("Client"))
        .flatMap(_ -> WindowsPlatforms.of(server, build))
        .orElseThrow(() ->
            new UnfitDiskException(
                "The operating system on this disk is \"%s\" (%s, build %d), which Regild does not support. Supported: %s. Of Windows Server these are the builds %s."
                    .formatted(
                        product,
                        installationType.isEmpty() ? "no installation type" : installationType,
                        build,
                        InstalledSystem.products(PackageSystems.installed().all()),
                        WindowsPlatforms.serverBuilds())));
  }

  private static String named(String product, PlatformType platform, int build) {
    return platform.equals(WindowsPlatforms.CLIENT) && build >= FIRST_WINDOWS_11
        ? product.replaceFirst("^Windows 10\\b", "Windows 11")
        : product;
  }

  private static String architecture(WindowsRegistry registry) {
    return registry
        .controlSet()
        .find(ENVIRONMENT)
        .map(key -> key.text("PROCESSOR_ARCHITECTURE").toLowerCase(Locale.ROOT))
        .filter(architecture -> architecture.matches("amd64|arm64|x86"))
        .orElseThrow(() ->
            new DamagedHiveException(
                "the registry hive SYSTEM names no known processor architecture"));
  }
}
