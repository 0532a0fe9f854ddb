package dev.regild.windows.winget;

import dev.regild.channel.PackageSource;
import dev.regild.channel.SourceKeys;
import dev.regild.channel.SourceOption;
import dev.regild.channel.SourceOptions;
import dev.regild.windows.catalogue.CatalogueSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The keys of a directory of winget's manifests in a channel's file, and the options. */
public final class WingetOptions {
  private static final SourceOption MANIFESTS =
      new SourceOption(
          "--winget-manifests",
          "DIR",
          "The directory of winget manifests that the agents of a Windows channel come from.");

  private static final SourceOption PACKAGE =
      new SourceOption(
          "--winget-package",
          "ID",
          "A package of --winget-manifests, such as Publisher.Package; may be repeated.",
          true);

  public static final List<SourceOption> ALL = List.of(MANIFESTS, PACKAGE);

  private static final Set<String> KEYS =
      Set.of("kind", "directory", "packages", "architecture", "proxy", "ca-cert");

  private WingetOptions() {}

  /**
   * Reads a source of a channel's file.
   *
   * @throws IllegalArgumentException if it can't be used; the message begins with the key
   */
  public static WingetSource source(SourceKeys keys) {
    keys.only(KEYS);
    return new WingetSource(
        keys.text("directory"),
        keys.texts("packages", List.of()),
        keys.text("architecture", CatalogueSource.DEFAULT_ARCHITECTURE),
        keys.route());
  }

  /**
   * Makes a source of what the options say.
   *
   * @return empty if they name no directory
   * @throws IllegalArgumentException if they don't fit together; the message names the option
   */
  public static Optional<PackageSource> source(String architecture, SourceOptions told) {
    if (told.last(MANIFESTS.name()).isEmpty()) {
      if (told.has(PACKAGE.name())) {
        throw new IllegalArgumentException(
            "--winget-package needs --winget-manifests DIR; add it, or leave the option out.");
      }
      return Optional.empty();
    }
    if (!told.has(PACKAGE.name())) {
      throw new IllegalArgumentException(
          "--winget-manifests needs --winget-package ID for each package to follow; add it.");
    }
    try {
      return Optional.of(
          new WingetSource(
              told.file(MANIFESTS.name()), told.all(PACKAGE.name()), architecture, told.route()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + ".", e);
    }
  }
}
