package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.RepositoryContents.Document;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/** Reads what apt's repositories hold: Release files, verified, and the indexes that they name. */
final class AptRepositories {
  static final String SOURCES_LIST = "sources.list";

  private final DocumentReader documents;
  private final Clock clock;

  AptRepositories(DocumentReader documents, Clock clock) {
    this.documents = documents;
    this.clock = clock;
  }

  RepositoryContents read(Channel channel) throws ChannelException, InterruptedException {
    List<AptSource> sources = channel.sources().stream().map(AptSource.class::cast).toList();
    Map<SuiteLocation, ReleaseFetch.Fetched> releases = fetchReleases(sources);
    List<Document> files = new ArrayList<>();
    Map<String, Validators> validators = new TreeMap<>();
    List<String> notices = new ArrayList<>();
    for (ReleaseFetch.Fetched fetched : releases.values()) {
      fetched.notice().ifPresent(notices::add);
      validators.putAll(fetched.validators());
      fetched
          .files()
          .forEach((path, bytes) ->
              files.add(
                  new Document(
                      fetched.location().listFile(path),
                      SnapshotManifest.Kind.RELEASE,
                      bytes,
                      fetched.location().uri())));
    }
    List<IndexFetch> indexes = indexes(sources, releases);
    byte[] sourcesList = sourcesList(sources).getBytes(UTF_8);
    files.add(new Document(SOURCES_LIST, SnapshotManifest.Kind.SOURCES, sourcesList, ""));
    return new RepositoryContents(files, indexes, validators, Map.of(), notices);
  }

  private Map<SuiteLocation, ReleaseFetch.Fetched> fetchReleases(List<AptSource> sources)
      throws ChannelException, InterruptedException {
    ReleaseFetch fetch = new ReleaseFetch(documents, clock);
    Map<SuiteLocation, Callable<ReleaseFetch.Fetched>> tasks = new LinkedHashMap<>();
    for (AptSource source : sources) {
      Keyring keyring = Keyring.of("signed-by", source.signedBy());
      for (SuiteLocation location : locations(source)) {
        tasks.putIfAbsent(location, () -> fetch.fetch(location, keyring));
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
      List<AptSource> sources, Map<SuiteLocation, ReleaseFetch.Fetched> releases)
      throws ChannelException {
    Set<IndexFetch> result = new LinkedHashSet<>();
    for (AptSource source : sources) {
      for (SuiteLocation location : locations(source)) {
        ReleaseFetch.Fetched fetched = releases.get(location);
        if (fetched != null) {
          addIndexes(source, location, fetched.release(), result);
        }
      }
    }
    return List.copyOf(result);
  }

  private static void addIndexes(
      AptSource source, SuiteLocation location, ReleaseFile release, Set<IndexFetch> result)
      throws ChannelException {
    for (String component : source.components()) {
      for (String architecture : source.architectures()) {
        String path = component + "/binary-" + architecture + "/Packages";
        FileDigest content = release.indexes().get(path);
        if (content == null) {
          throw new ChannelException(
              location.uriOf("InRelease")
                  + " vouches for no "
                  + path
                  + "; correct components or architectures (it offers the components "
                  + String.join(" ", release.words("components"))
                  + " and the architectures "
                  + String.join(" ", release.words("architectures"))
                  + ")");
        }
        result.add(IndexFetch.of(location, release, path, content));
      }
      String path = component + "/binary-all/Packages";
      FileDigest content = release.indexes().get(path);
      if (content != null && release.hasIndexForAll()) {
        result.add(IndexFetch.of(location, release, path, content));
      }
    }
  }

  /** The one-line form, which names the lists exactly; a guest's apt needs no more. */
  private static String sourcesList(List<AptSource> sources) {
    Set<String> lines = new LinkedHashSet<>();
    for (AptSource source : sources) {
      for (SuiteLocation location : locations(source)) {
        lines.add(
            "deb [arch=%s] %s %s %s\n"
                .formatted(
                    String.join(",", source.architectures()),
                    location.uri(),
                    location.suite(),
                    String.join(" ", source.components())));
      }
    }
    return String.join("", lines);
  }
}
