package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.SnapshotManifest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where an index of packages comes from, in the words by which apt's pins name it
 * (apt_preferences(5)); each is empty where its Release file doesn't say it.
 *
 * @param priority apt's priority without any pin
 * @param security whether it is of a suite of security updates
 * @param archive {@code stable}, the Release file's field Suite
 * @param codename {@code bookworm}
 * @param version {@code 12.5}
 * @param origin {@code Debian}
 * @param label {@code Debian-Security}
 * @param component {@code main}
 * @param architecture of the machines, also for the index of what is for all of them
 * @param site the server's name; empty for files
 */
record IndexOrigin(
    int priority,
    boolean security,
    String archive,
    String codename,
    String version,
    String origin,
    String label,
    String component,
    String architecture,
    String site) {
  private static final int INSTALLED_PRIORITY = 100;

  /** What dpkg's list of installed packages is to apt. */
  static final IndexOrigin INSTALLED = nameless(INSTALLED_PRIORITY, "now");

  private static IndexOrigin nameless(int priority, String archive) {
    return new IndexOrigin(priority, false, archive, "", "", "", "", archive, "", "");
  }

  /** Of an index of a snapshot, by the Release file that vouches for it. */
  static IndexOrigin of(Path directory, SnapshotManifest manifest, SnapshotManifest.ListFile index)
      throws IOException {
    Optional<SnapshotManifest.ListFile> release =
        manifest.files(AptFiles.RELEASE).stream()
            .filter(file -> file.name().endsWith("Release"))
            .filter(file -> index.name().startsWith(suite(file)))
            .max(Comparator.comparingInt(file -> suite(file).length()));
    Map<String, String> fields =
        release.isPresent() ? fields(directory.resolve(release.get().name())) : Map.of();
    String below = release.map(file -> index.name().substring(suite(file).length())).orElse("");
    return new IndexOrigin(
        index.priority(),
        index.kind().equals(AptFiles.SECURITY_PACKAGES),
        fields.getOrDefault("suite", ""),
        fields.getOrDefault("codename", ""),
        fields.getOrDefault("version", ""),
        fields.getOrDefault("origin", ""),
        fields.getOrDefault("label", ""),
        below.replaceFirst("_?binary-.*|_?Packages$", "").replace('_', '/'),
        below.replaceFirst(".*binary-([^_]+)_.*|.*", "$1"),
        site(index.repository()));
  }

  /** What the names of a suite's files begin with. */
  private static String suite(SnapshotManifest.ListFile release) {
    return release.name().replaceFirst("(In)?Release$", "");
  }

  /** The fields in front of the lists of hashes; the document was verified when it came. */
  private static Map<String, String> fields(Path release) throws IOException {
    Map<String, String> fields = new HashMap<>();
    List<String> lines = new String(Files.readAllBytes(release), UTF_8).lines().toList();
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon > 0 && !line.startsWith(" ") && !line.startsWith("-")) {
        fields.putIfAbsent(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return fields;
  }

  private static String site(String repository) {
    String host = URI.create(repository).getHost();
    return host == null ? "" : host;
  }
}
