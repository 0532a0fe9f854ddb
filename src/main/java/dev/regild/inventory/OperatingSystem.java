package dev.regild.inventory;

/**
 * The operating system on a disk.
 *
 * @param platform the family, in the form of the API's {@code PlatformType}: {@code DEBIAN_12}
 * @param name as the system names itself: {@code Debian GNU/Linux 12 (bookworm)}
 * @param version the system's own version, as exact as it says: {@code 12.5}
 */
public record OperatingSystem(String platform, String name, String version) {}
