package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.fetch.Route;
import dev.regild.files.DurableFiles;
import dev.regild.files.Sha256;
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
 *     a part of the digest, as they change by the hour: each fetch reads them again
 * @param routes how the servers of a repository are reached, by its root URI, if not as usual
 * @param notices what the operator should know of the packages in its indexes
 * @param system the name of its package system; empty in a manifest that was written before it was
 *     kept
 */
public record SnapshotManifest(
    String digest,
    Instant createdAt,
    String architecture,
    List<ListFile> files,
    Map<String, List<String>> mirrors,
    Map<String, Route> routes,
    List<String> notices,
    String system) {
  public static final String FILE = "snapshot.json";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  public SnapshotManifest {
    files = List.copyOf(files);
    // A snapshot that was made before these were kept has none.
    mirrors = mirrors == null ? Map.of() : Map.copyOf(mirrors);
    routes = routes == null ? Map.of() : Map.copyOf(routes);
    notices = notices == null ? List.of() : List.copyOf(notices);
    system = system == null ? "" : system;
  }

  /** What a file of a snapshot is, in words that several package systems share. */
  public static final class Kind {
    /** An index of packages. */
    public static final String PACKAGES = "PACKAGES";

    /** What the guest's package manager finds the others with. */
    public static final String SOURCES = "SOURCES";

    private Kind() {}
  }

  /**
   * One file.
   *
   * @param name in the snapshot's directory
   * @param kind what it is: one of {@link Kind}, or a word of its package system's
   * @param repository the root URI of the repository; empty for sources
   * @param priority apt's priority of the packages in it; 0 where it has none
   * @param hotfixes whether its packages count whatever streams of modules an image has chosen
   * @param promise of an index, the hash by which its repository's document names it; else empty
   */
  public record ListFile(
      String name,
      String kind,
      String sha256,
      String repository,
      int priority,
      boolean hotfixes,
      @Nullable String promise) {
    public ListFile(String name, String kind, String sha256, String repository, int priority) {
      this(name, kind, sha256, repository, priority, false, "");
    }
  }

  /** A manifest of files of repositories that are reached as usual, with their digest. */
  public static SnapshotManifest of(Instant createdAt, String architecture, List<ListFile> files) {
    return of("", createdAt, architecture, files, Map.of(), "");
  }

  /**
   * A manifest of files, with their digest.
   *
   * @param identity what else makes it another snapshot, where the files alone don't
   */
  static SnapshotManifest of(
      String system,
      Instant createdAt,
      String architecture,
      List<ListFile> files,
      Map<String, Route> routes,
      String identity) {
    List<ListFile> sorted = files.stream().sorted(Comparator.comparing(ListFile::name)).toList();
    String pairs =
        sorted.stream().map(f -> f.name() + " " + f.sha256() + "\n").collect(Collectors.joining());
    String digest = Sha256.of((pairs + identity + identity(routes)).getBytes(UTF_8));
    return new SnapshotManifest(
        digest, createdAt, architecture, sorted, Map.of(), routes, List.of(), system);
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
        digest, createdAt, architecture, files, mirrorsNow, routes, notices, system);
  }

  SnapshotManifest withNotices(List<String> said) {
    return new SnapshotManifest(
        digest, createdAt, architecture, files, mirrors, routes, said, system);
  }

  /** The files of these kinds. */
  public List<ListFile> files(String... kinds) {
    Set<String> wanted = Set.of(kinds);
    return files.stream().filter(file -> wanted.contains(file.kind())).toList();
  }

  public static SnapshotManifest read(Path directory) throws IOException {
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
