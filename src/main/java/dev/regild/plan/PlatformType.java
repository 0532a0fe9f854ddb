package dev.regild.plan;

import java.util.Locale;
import java.util.Optional;

/**
 * An operating system of images: a value of the API's {@code PlatformType}, or one in the same form
 * where the API has none.
 *
 * @param name as images and channels name it: {@code ROCKY_LINUX8}; with an underscore at its end
 *     where each release is a platform of its own: {@code DEBIAN_}
 * @param product for messages
 * @param id what a disk says that it holds, {@code ID} of {@code /etc/os-release}; the systems of
 *     disks without that file have words of their own
 * @param release {@code VERSION_ID}, or what it begins with before a dot; empty for any
 * @param example of a name: {@code DEBIAN_12}
 */
public record PlatformType(String name, String product, String id, String release, String example) {
  /** A platform of one name. */
  public PlatformType(String name, String product, String id, String release) {
    this(name, product, id, release, name);
  }

  /** Whether an image or a channel of that platform is of this type. */
  public boolean isNamed(String platform) {
    return isFamily() ? platform.matches(name + "[A-Z0-9_]+") : platform.equals(name);
  }

  private boolean isFamily() {
    return name.endsWith("_");
  }

  /**
   * Returns the platform of a disk, as images name it.
   *
   * @param diskId what the disk says that it holds, as {@link #id}
   * @param version of it
   * @return empty if it is of another type
   */
  public Optional<String> nameOf(String diskId, String version) {
    if (!id.equals(diskId) || !isRelease(version)) {
      return Optional.empty();
    }
    String whole = isFamily() ? name + version.toUpperCase(Locale.ROOT).replace('.', '_') : name;
    return Optional.of(whole).filter(this::isNamed);
  }

  private boolean isRelease(String version) {
    return release.isEmpty() || version.equals(release) || version.startsWith(release + ".");
  }
}
