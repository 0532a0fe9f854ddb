package dev.regild.windows.winget;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Reads a directory of winget's manifests, laid out as the public repository ({@code
 * manifests/e/Example/Agent/2.4.1/*.yaml}) or in any other way. Of a manifest it reads what says
 * where an installer is: of the type {@code installer}, or of a single file ({@code singleton}).
 */
final class WingetManifests {
  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
  private static final int LARGEST = 1 << 20;
  private static final int DEEPEST = 12;
  private static final int LONGEST_VERSION = 128;
  private static final int MOST_FILES = 20_000;
  private static final int MOST_UNREADABLE = 20;
  private static final Set<String> WITH_INSTALLERS = Set.of("installer", "singleton", "merged");
  private static final Set<String> TYPES = Set.of("msi", "wix");

  private final Path directory;
  private final Set<String> unreadable = new LinkedHashSet<>();

  WingetManifests(Path directory) {
    this.directory = directory;
  }

  /** Returns why manifests were passed over, one line each; of many the first, and their number. */
  List<String> unreadable() {
    List<String> lines = new ArrayList<>(unreadable.stream().limit(MOST_UNREADABLE).toList());
    if (unreadable.size() > MOST_UNREADABLE) {
      lines.add(
          "%,d more manifests in %s can't be read"
              .formatted(unreadable.size() - MOST_UNREADABLE, directory));
    }
    return lines;
  }

  /**
   * Returns the newest installer of a package that Windows Installer takes.
   *
   * @param architecture of the machines; those for every architecture come next, and on amd64 those
   *     for x86
   * @return empty if there is none
   * @throws IOException if the directory can't be read, or has far too many files
   */
  Optional<WingetInstaller> newest(String identifier, String architecture) throws IOException {
    List<String> order =
        architecture.equals("amd64")
            ? List.of("amd64", "neutral", "x86")
            : List.of(architecture, "neutral");
    return files(identifier).stream()
        .flatMap(file -> installers(file, identifier).stream())
        .filter(each -> order.contains(each.architecture()))
        .max(
            Comparator.comparing(WingetInstaller::version)
                .thenComparing(
                    each -> order.indexOf(each.architecture()), Comparator.reverseOrder())
                .thenComparing(WingetInstaller::sha256));
  }

  private List<Path> files(String identifier) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + " is not a directory");
    }
    String laidOut =
        identifier.substring(0, 1).toLowerCase(Locale.ROOT) + "/" + identifier.replace('.', '/');
    for (Path root : List.of(directory.resolve("manifests"), directory)) {
      Path own = root.resolve(laidOut);
      if (Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)) {
        return walked(own);
      }
    }
    return walked(directory);
  }

  private List<Path> walked(Path from) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(from, DEEPEST)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        String name = String.valueOf(each.getFileName()).toLowerCase(Locale.ROOT);
        if ((name.endsWith(".yaml") || name.endsWith(".yml"))
            && Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
          files.add(each);
        }
        if (files.size() > MOST_FILES) {
          throw new IOException(
              "%s has more than %,d manifests that are not laid out as manifests/p/Publisher/Package"
                  .formatted(from, MOST_FILES));
        }
      }
    } catch (UncheckedIOException e) {
      // A directory that this process may not read.
      throw new IOException("%s: %s".formatted(from, e.getCause()), e);
    }
    return files;
  }

  private List<WingetInstaller> installers(Path file, String identifier) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new IOException("it is larger than 1 MiB");
      }
      Manifest manifest = YAML.readValue(Files.readString(file, UTF_8), Manifest.class);
      if (manifest == null
          || !text(manifest.identifier()).equalsIgnoreCase(identifier)
          || !WITH_INSTALLERS.contains(word(manifest.type()))) {
        return List.of();
      }
      List<WingetInstaller> found = new ArrayList<>();
      for (Installer each : manifest.all()) {
        installer(manifest, each).ifPresent(found::add);
      }
      return List.copyOf(found);
    } catch (IOException | JacksonException | IllegalArgumentException e) {
      unreadable.add(
          "%s can't be read: %s"
              .formatted(file, String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
      return List.of();
    }
  }

  /** What an installer does not say of itself, its manifest says for all. */
  private static Optional<WingetInstaller> installer(Manifest manifest, Installer installer)
      throws IOException {
    String type = either(installer.type(), manifest.installerType());
    String scope = either(installer.scope(), manifest.scope());
    String locale = either(installer.locale(), manifest.locale());
    String version = text(manifest.version());
    if (!TYPES.contains(type)
        || scope.equals("user")
        || !(locale.isEmpty() || locale.startsWith("en"))
        || version.isEmpty()
        || version.length() > LONGEST_VERSION) {
      return Optional.empty();
    }
    String sha256 = word(installer.sha256());
    URI url = URI.create(text(installer.url()));
    if (!"https".equals(url.getScheme()) || url.getHost() == null) {
      throw new IOException("its InstallerUrl '" + url + "' is not an https address");
    }
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new IOException("its InstallerSha256 '" + sha256 + "' is not a SHA-256");
    }
    String architecture = word(installer.architecture());
    return Optional.of(
        new WingetInstaller(
            new WingetVersion(version),
            architecture.equals("x64") ? "amd64" : architecture,
            url,
            sha256));
  }

  private static String either(@Nullable String own, @Nullable String ofAll) {
    return word(own).isEmpty() ? word(ofAll) : word(own);
  }

  private static String word(@Nullable String text) {
    return text(text).toLowerCase(Locale.ROOT);
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text.strip();
  }

  /** What is read of a manifest; as texts, since the version 1.10 is not the number 1.1. */
  private record Manifest(
      @JsonProperty("PackageIdentifier") @Nullable String identifier,
      @JsonProperty("PackageVersion") @Nullable String version,
      @JsonProperty("ManifestType") @Nullable String type,
      @JsonProperty("InstallerType") @Nullable String installerType,
      @JsonProperty("Scope") @Nullable String scope,
      @JsonProperty("InstallerLocale") @Nullable String locale,
      @JsonProperty("Installers") @Nullable List<@Nullable Installer> installers) {
    List<Installer> all() {
      List<Installer> all = new ArrayList<>();
      if (installers != null) {
        for (@Nullable Installer each : installers) {
          if (each != null) {
            all.add(each);
          }
        }
      }
      return all;
    }
  }

  private record Installer(
      @JsonProperty("InstallerType") @Nullable String type,
      @JsonProperty("Scope") @Nullable String scope,
      @JsonProperty("InstallerLocale") @Nullable String locale,
      @JsonProperty("Architecture") @Nullable String architecture,
      @JsonProperty("InstallerUrl") @Nullable String url,
      @JsonProperty("InstallerSha256") @Nullable String sha256) {}
}
