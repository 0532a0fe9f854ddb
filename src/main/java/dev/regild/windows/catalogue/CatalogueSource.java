package dev.regild.windows.catalogue;

import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.fetch.Route;
import java.util.Map;
import java.util.Set;

/**
 * A Windows channel's own catalogue: packages that its owner has added, kept in the data directory.
 *
 * @param architecture of the machines: {@code amd64}, {@code arm64} or {@code x86}
 */
public record CatalogueSource(String architecture) implements PackageSource {
  /** Its kind in a channel's file. */
  public static final String KIND = "catalogue";

  public static final String DEFAULT_ARCHITECTURE = "amd64";

  private static final Set<String> ARCHITECTURES = Set.of("amd64", "arm64", "x86");

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public CatalogueSource {
    if (!ARCHITECTURES.contains(architecture)) {
      throw new IllegalArgumentException(
          "architecture: '" + architecture + "' can't be used; write amd64, arm64 or x86");
    }
  }

  @Override
  public PackageSystem system() {
    return PackageSystems.installed().ofKind(KIND);
  }

  @Override
  public Map<String, Object> keys() {
    return Map.of("architecture", architecture);
  }

  @Override
  public String text() {
    return "catalogue for " + architecture + "; see: regild channel list-updates";
  }

  /** It names no server. */
  @Override
  public Route route() {
    return Route.DEFAULT;
  }
}
