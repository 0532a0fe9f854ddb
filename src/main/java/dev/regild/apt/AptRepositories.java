package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import dev.regild.channel.Channel;
import dev.regild.channel.DocumentReader;
import dev.regild.channel.IndexFetch;
import dev.regild.channel.Refresh;
import dev.regild.channel.RepositoryContents;
import dev.regild.channel.RepositoryContents.Document;
import dev.regild.channel.SnapshotManifest;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Keyring;
import dev.regild.fetch.Route;
import dev.regild.fetch.Validators;
import dev.regild.files.Parallel;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reads what apt's repositories hold: Release files, verified, and the indexes that they name. */
record AptRepositories(DocumentReader documents, Clock clock) {
  static final String SOURCES_LIST = "sources.list";

  RepositoryContents read(Channel channel)
      throws FetchException, IOException, InterruptedException {
    List<AptSource> sources = channel.sources().stream().map(AptSource.class::cast).toList();
    Map<SuiteLocation, ReleaseFetch.Fetched> releases =
        fetchReleases(sources, sha1(channel.platform()));
    List<Document> files = new ArrayList<>();
    Map<String, Validators> validators = new TreeMap<>();
    List<String> notices = new ArrayList<>();
    for (ReleaseFetch.Fetched fetched : releases.values()) {
      notices.addAll(fetched.notices());
      validators.putAll(fetched.validators());
      fetched
          .files()
          .forEach((path, bytes) ->
              files.add(
                  new Document(
                      fetched.location().listFile(path),
                      AptFiles.RELEASE,
                      bytes,
                      fetched.location().uri())));
    }
    List<IndexFetch> indexes = indexes(sources, releases, notices);
    byte[] sourcesList = sourcesList(sources).getBytes(UTF_8);
    files.add(new Document(SOURCES_LIST, SnapshotManifest.Kind.SOURCES, sourcesList, ""));
    return new RepositoryContents(
        files, indexes, _ -> List.of(), validators, Map.of(), routes(sources), notices);
  }

  private static Map<String, Route> routes(List<AptSource> sources) {
    Map<String, Route> routes = new TreeMap<>();
    for (AptSource source : sources) {
      if (!source.route().equals(Route.DEFAULT)) {
        source.uris().forEach(uri -> routes.putIfAbsent(uri, source.route()));
      }
    }
    return routes;
  }

  /** What the guests' apt does with a key that SHA-1 binds together. */
  private static Keyring.Sha1 sha1(String platform) {
    // Those whose apt asks gpgv; every other, and every later one, asks sqv.
    return platform.matches("DEBIAN_1[012]|UBUNTU_(PRO_)?(18|20|22|24)\\d\\d")
        ? Keyring.Sha1.TAKEN
        : Keyring.Sha1.REFUSED;
  }

  private Map<SuiteLocation, ReleaseFetch.Fetched> fetchReleases(
      List<AptSource> sources, Keyring.Sha1 sha1)
      throws FetchException, IOException, InterruptedException {
    Map<SuiteLocation, Parallel.Task<ReleaseFetch.Fetched, FetchException>> tasks =
        new LinkedHashMap<>();
    for (AptSource source : sources) {
      Keyring keyring =
          Keyring.of(
              "signed-by", source.signedBy(), source.allowSha1Keys() ? Keyring.Sha1.TAKEN : sha1);
      ReleaseFetch fetch =
          new ReleaseFetch(documents.by(source.route()), keyring, source.checkValidUntil(), clock);
      for (SuiteLocation location : locations(source)) {
        tasks.putIfAbsent(location, () -> fetch.fetch(location));
      }
    }
    Map<SuiteLocation, ReleaseFetch.Fetched> releases = new LinkedHashMap<>();
    for (ReleaseFetch.Fetched fetched : Parallel.run(Refresh.AT_ONCE, tasks.values())) {
      releases.put(fetched.location(), fetched);
    }
    return releases;
  }

  private static List<SuiteLocation> locations(AptSource source) {
    return source.uris().stream()
        .flatMap(uri -> source.suites().stream().map(suite -> new SuiteLocation(uri, suite)))
        .toList();
  }

  private static List<IndexFetch> indexes(
      List<AptSource> sources,
      Map<SuiteLocation, ReleaseFetch.Fetched> releases,
      List<String> notices)
      throws FetchException {
    Set<IndexFetch> result = new LinkedHashSet<>();
    for (AptSource source : sources) {
      for (SuiteLocation location : locations(source)) {
        ReleaseFetch.Fetched fetched = releases.get(location);
        if (fetched != null) {
          result.addAll(new Suite(source, location, fetched.release()).indexes(notices));
        }
      }
    }
    return List.copyOf(result);
  }

  /** What a source wants of one suite. */
  private record Suite(AptSource source, SuiteLocation location, ReleaseFile release) {
    /**
     * The indexes, and a notice of each component and architecture that the suite lacks: apt warns
     * of it and takes the others.
     */
    List<IndexFetch> indexes(List<String> notices) throws FetchException {
      if (location.isFlat()) {
        return List.of(index("Packages").orElseThrow(() -> lacking("Packages")));
      }
      List<IndexFetch> found = new ArrayList<>();
      Set<String> lacking = new LinkedHashSet<>();
      for (String component : source.components()) {
        Optional<IndexFetch> all =
            release.hasIndexForAll() ? index(path(component, "all")) : Optional.empty();
        all.ifPresent(found::add);
        for (String architecture : source.architectures()) {
          String path = path(component, architecture);
          Optional<IndexFetch> index = index(path);
          if (index.isPresent()) {
            found.add(index.get());
          } else if (!release.hasComponent(component)) {
            lacking.add("component " + component);
          } else if (!release.hasArchitecture(architecture)) {
            if (all.isEmpty()) {
              lacking.add("architecture " + architecture);
            }
          } else {
            throw lacking(path);
          }
        }
      }
      if (found.isEmpty()) {
        throw lacking(path(source.components().getFirst(), source.architecture()));
      }
      lacking.forEach(each ->
          notices.add(
              "%s does not have the %s; it is used without it"
                  .formatted(location.uriOf("InRelease"), each)));
      return found;
    }

    private static String path(String component, String architecture) {
      return component + "/binary-" + architecture + "/Packages";
    }

    private Optional<IndexFetch> index(String path) {
      return ReleaseIndex.of(location, release, path, source.route());
    }

    private FetchException lacking(String path) {
      return new FetchException(
          location.uriOf("InRelease")
              + " does not list "
              + path
              + "; correct suites, components or architectures (it offers the components "
              + String.join(" ", release.words("components"))
              + " and the architectures "
              + String.join(" ", release.words("architectures"))
              + ")");
    }
  }

  /** The one-line form, which names the lists exactly; a guest's apt needs no more. */
  private static String sourcesList(List<AptSource> sources) {
    Set<String> lines = new LinkedHashSet<>();
    for (AptSource source : sources) {
      for (SuiteLocation location : locations(source)) {
        lines.add(
            "deb [arch=%s] %s %s%s\n"
                .formatted(
                    String.join(",", source.architectures()),
                    location.uri(),
                    location.suite(),
                    source.components().stream()
                        .map(component -> " " + component)
                        .collect(joining())));
      }
    }
    return String.join("", lines);
  }
}
