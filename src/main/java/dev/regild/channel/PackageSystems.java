package dev.regild.channel;

import static java.util.stream.Collectors.joining;

import dev.regild.plan.PlatformType;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;

/**
 * The package systems that there are. Those of the program are listed in {@code
 * META-INF/services/dev.regild.channel.PackageSystem}, since the core doesn't know the rooms above.
 */
public final class PackageSystems {
  private static final PackageSystems INSTALLED =
      new PackageSystems(
          ServiceLoader.load(PackageSystem.class, PackageSystem.class.getClassLoader()).stream()
              .map(ServiceLoader.Provider::get)
              .toList());

  private final List<PackageSystem> all;

  PackageSystems(List<PackageSystem> all) {
    this.all = List.copyOf(all);
  }

  /** Returns those of the program. */
  public static PackageSystems installed() {
    return INSTALLED;
  }

  public List<PackageSystem> all() {
    return all;
  }

  /**
   * Returns the system of a platform.
   *
   * @param platform as images and channels name it: {@code DEBIAN_12}
   * @return empty if it is unknown
   */
  public Optional<PackageSystem> find(String platform) {
    return all.stream()
        .filter(system -> system.platforms().stream().anyMatch(type -> type.isNamed(platform)))
        .findFirst();
  }

  /**
   * Returns the system of a platform.
   *
   * @throws IllegalArgumentException if it is unknown; the message lists those that are known
   */
  public PackageSystem of(String platform) {
    return find(platform)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "unknown platform '" + platform + "'; write one of " + names()));
  }

  /** Returns the system whose sources are of that kind in a channel's file. */
  public PackageSystem ofKind(String kind) {
    return all.stream()
        .filter(system -> system.sourceKinds().contains(kind))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "kind: '" + kind + "' is not a kind; it must be " + kinds()));
  }

  private String kinds() {
    return all.stream()
        .flatMap(system -> system.sourceKinds().stream().sorted())
        .collect(joining(", "))
        .replaceFirst(", ([^,]*)$", " or $1");
  }

  /** Returns the system that made a snapshot. */
  PackageSystem of(SnapshotManifest manifest) throws IOException {
    return all.stream()
        .filter(system ->
            manifest.system().isEmpty()
                ? system.made(manifest)
                : system.name().equals(manifest.system()))
        .findFirst()
        .orElseThrow(
            () -> new IOException("its package system '" + manifest.system() + "' is unknown"));
  }

  public List<PlatformType> platforms() {
    return all.stream().flatMap(system -> system.platforms().stream()).toList();
  }

  /** Returns every name that a platform can have, for messages. */
  String names() {
    return text(PlatformType::example);
  }

  private String text(Function<PlatformType, String> word) {
    return platforms().stream().map(word).collect(joining(", "));
  }
}
