package dev.regild.plan;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One installed package of an inventory.
 *
 * @param name the package's name, without its architecture
 * @param architecture the package manager's own word for it: {@code amd64}, {@code all}
 * @param version the full version, epoch and revision included
 * @param held whether the image's owner told the package manager to leave it alone
 * @param origin where it comes from; empty in an older inventory, which lacks origins
 */
public record InstalledPackage(
    String name,
    String architecture,
    String version,
    boolean held,
    Optional<PackageOrigin> origin) {
  @SuppressWarnings("NullableOptional") // as Jackson may give it
  public InstalledPackage(
      String name,
      String architecture,
      String version,
      boolean held,
      @Nullable Optional<PackageOrigin> origin) {
    this.name = name;
    this.architecture = architecture;
    this.version = version;
    this.held = held;
    this.origin = origin == null ? Optional.empty() : origin;
  }

  /** A package without a known origin. */
  public InstalledPackage(String name, String architecture, String version, boolean held) {
    this(name, architecture, version, held, Optional.empty());
  }

  /** Returns the name of its source package; its own name if the source is not known. */
  public String sourceName() {
    return origin.map(PackageOrigin::source).filter(source -> !source.isEmpty()).orElse(name);
  }

  /** Returns the same package with an origin. */
  public InstalledPackage from(PackageOrigin place) {
    return new InstalledPackage(name, architecture, version, held, Optional.of(place));
  }
}
