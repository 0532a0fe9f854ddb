package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.fetch.Route;
import dev.regild.files.DurableFiles;
import dev.regild.files.Sha256;
import dev.regild.plan.PackageSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The record of a snapshot, kept in its directory as {@code snapshot.json}.
 *
 * @param digest SHA-256 over the names and hashes of its files, and over its routes: channels with
 *     the same repositories may reach them in different ways
 * @param createdAt when it was made
 * @param architecture the main architecture
 * @param files all of its files but this one, by name
 * @param mirrors the places of a repository that has several, by its root URI, the best first; not
 *     a part of the digest, as they change by the hour: whoever fetches reads them anew
 * @param routes how the servers of a repository are reached, by its root URI, if not as usual
 * @param notices what the operator should know of the packages in its indexes
 */
public record SnapshotManifest(
    String digest,
    Instant createdAt,
    String architecture,
    List<ListFile> files,
    Map<String, List<String>> mirrors,
    Map<String, Route> routes,
    List<String> notices) {
  public static final String FILE = "snapshot.json";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  public SnapshotManifest(
      String digest,
      Instant createdAt,
      String architecture,
      List<ListFile> files,
      @Nullable Map<String, List<String>> mirrors,
      @Nullable Map<String, Route> routes,
      @Nullable List<String> notices) {
    this.digest = digest;
    this.createdAt = createdAt;
    this.architecture = architecture;
    this.files = List.copyOf(files);
    // A snapshot that was made before these were kept has none.
    this.mirrors = mirrors == null ? Map.of() : Map.copyOf(mirrors);
    this.routes = routes == null ? Map.of() : Map.copyOf(routes);
    this.notices = notices == null ? List.of() : List.copyOf(notices);
  }

  /** What a file of a snapshot is. */
  public enum Kind {
    /** A signed Release file, or one part of it. */
    RELEASE,
    /** A repomd.xml, or its signature. */
    REPOMD,
    /** An index of packages. */
    PACKAGES,
    /** An index of packages that mend security. */
    SECURITY_PACKAGES,
    /** What a vendor says about updates of packages. */
    UPDATEINFO,
    /** The streams of modules, and the packages of each. */
    MODULES,
    /** The files of packages, by which the guest's dnf resolves what requires a path. */
    FILELISTS,
    /** What a Windows catalogue's packages are. */
    CATALOGUE,
    /** The sources.list for the guest's apt, or the list of repositories for its dnf. */
    SOURCES
  }

  /**
   * One file.
   *
   * @param name in the snapshot's directory
   * @param repository the root URI of the repository; empty for sources
   * @param priority apt's priority of the packages in it; 0 where it has none
   * @param hotfixes whether its packages count whatever streams of modules an image has chosen
   * @param promise of an index, the hash by which its repository's document names it; else empty
   */
  public record ListFile(
      String name,
      Kind kind,
      String sha256,
      String repository,
      int priority,
      boolean hotfixes,
      @Nullable String promise) {
    public ListFile(String name, Kind kind, String sha256, String repository, int priority) {
      this(name, kind, sha256, repository, priority, false, "");
    }
  }

  /** A manifest of files of repositories that are reached as usual, with their digest. */
  static SnapshotManifest of(Instant createdAt, String architecture, List<ListFile> files) {
    return of(createdAt, architecture, files, Map.of());
  }

  /** A manifest of files, with their digest. */
  static SnapshotManifest of(
      Instant createdAt, String architecture, List<ListFile> files, Map<String, Route> routes) {
    List<ListFile> sorted = files.stream().sorted(Comparator.comparing(ListFile::name)).toList();
    String pairs =
        sorted.stream().map(f -> f.name() + " " + f.sha256() + "\n").collect(Collectors.joining());
    boolean catalogue = files.stream().anyMatch(file -> file.kind() == Kind.CATALOGUE);
    // Repositories' files are of their architecture; a catalogue's are the same for another.
    String identity = (catalogue ? pairs + architecture + "\n" : pairs) + identity(routes);
    String digest = Sha256.of(identity.getBytes(UTF_8));
    return new SnapshotManifest(
        digest, createdAt, architecture, sorted, Map.of(), routes, List.of());
  }

  /** Empty without routes: the digests of snapshots that have none stay as they are. */
  private static String identity(Map<String, Route> routes) {
    return new TreeMap<>(routes)
        .entrySet().stream()
            .map(each ->
                "route %s %s %s\n"
                    .formatted(each.getKey(), each.getValue().proxy(), each.getValue().authority()))
            .collect(Collectors.joining());
  }

  /** The same with the places of its repositories as they are now. */
  SnapshotManifest withMirrors(Map<String, List<String>> mirrorsNow) {
    return new SnapshotManifest(
        digest, createdAt, architecture, files, mirrorsNow, routes, notices);
  }

  SnapshotManifest withNotices(List<String> said) {
    return new SnapshotManifest(digest, createdAt, architecture, files, mirrors, routes, said);
  }

  /** The package system of its repositories. */
  PackageSystem system() {
    if (files.stream().anyMatch(file -> file.kind() == Kind.CATALOGUE)) {
      return PackageSystem.WINDOWS;
    }
    return files.stream().anyMatch(file -> file.kind() == Kind.REPOMD)
        ? PackageSystem.RPM
        : PackageSystem.DPKG;
  }

  /** The files of these kinds. */
  public List<ListFile> files(Kind... kinds) {
    Set<Kind> wanted = Set.of(kinds);
    return files.stream().filter(file -> wanted.contains(file.kind())).toList();
  }

  static SnapshotManifest read(Path directory) throws IOException {
    try {
      return JSON.readValue(Files.readAllBytes(directory.resolve(FILE)), SnapshotManifest.class);
    } catch (JacksonException e) {
      throw new IOException(directory.resolve(FILE) + " is damaged: " + e.getOriginalMessage(), e);
    }
  }

  void write(Path directory) throws IOException {
    DurableFiles.write(
        directory.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this));
  }
}
