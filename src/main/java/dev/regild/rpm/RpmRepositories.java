package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Locale.ROOT;

import dev.regild.channel.Channel;
import dev.regild.channel.DocumentReader;
import dev.regild.channel.IndexFetch;
import dev.regild.channel.PackageSource;
import dev.regild.channel.RepositoryContents;
import dev.regild.channel.RepositoryContents.Document;
import dev.regild.channel.RepositoryUri;
import dev.regild.channel.SnapshotManifest.Kind;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.HashMismatchException;
import dev.regild.fetch.Keyring;
import dev.regild.fetch.Route;
import dev.regild.fetch.Validators;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.bouncycastle.openpgp.PGPSignature;

/** Reads what dnf's repositories hold: repomd.xml, verified, and the indexes that it names. */
record RpmRepositories(DocumentReader documents, Clock clock) {
  private static final String REPOMD = "/repodata/repomd.xml";
  private static final String SIGNATURE = REPOMD + ".asc";
  private static final String LIST = "repositories";

  RepositoryContents read(Channel channel)
      throws FetchException, IOException, InterruptedException {
    List<Document> files = new ArrayList<>();
    List<IndexFetch> indexes = new ArrayList<>();
    Map<String, Validators> validators = new TreeMap<>();
    Map<String, List<String>> mirrors = new TreeMap<>();
    Map<String, Route> routes = new TreeMap<>();
    Set<String> hotfixes = new LinkedHashSet<>();
    List<String> notices = new ArrayList<>();
    for (PackageSource source : channel.sources()) {
      RpmSource repository = ((RpmSource) source).in(channel.platform());
      String identity = repository.identity();
      Fetched fetched = fetch(repository, RpmVariables.releaseOf(channel.platform()), validators);
      fetched
          .files()
          .forEach((path, bytes) ->
              files.add(
                  new Document(listFile(repository, path), RpmFiles.REPOMD, bytes, identity)));
      fetched
          .repomd()
          .indexes()
          .forEach(
              (type, index) -> indexes.add(indexFetch(repository, fetched.mirrors(), type, index)));
      if (!repository.route().equals(Route.DEFAULT)) {
        routes.put(identity, repository.route());
      }
      if (repository.moduleHotfixes()) {
        hotfixes.add(identity);
      }
      if (repository.locator() != RpmSource.Locator.BASEURL) {
        mirrors.put(identity, fetched.mirrors());
      }
      notices.addAll(fetched.notices());
    }
    return new RepositoryContents(
            files,
            indexes,
            known -> List.of(new Document(LIST, Kind.SOURCES, list(known, hotfixes), "")),
            validators,
            mirrors,
            routes,
            notices)
        .completedBy(snapshot -> OddPackages.leaveOut(snapshot, indexes));
  }

  /**
   * The guest dnf's counterpart of {@code sources.list}: a line for each index, with the
   * repository's URI, the type, the file's name in the snapshot, SHA-256 and size, separated by
   * tabs; repositories in the order of the channel. A line of the type {@code module_hotfixes} has
   * nothing more.
   */
  private static byte[] list(Map<IndexFetch, IndexFetch.Fetched> indexes, Set<String> hotfixes) {
    Set<String> lines = new LinkedHashSet<>();
    indexes.forEach((index, fetched) -> {
      String type = index.kind().equals(Kind.PACKAGES) ? "primary" : index.kind().toLowerCase(ROOT);
      lines.add(
          String.join(
              "\t",
              index.repository(),
              type,
              index.listFile(),
              fetched.sha256(),
              fetched.size() + "\n"));
    });
    hotfixes.forEach(
        identity -> lines.add(String.join("\t", identity, "module_hotfixes", "", "", "\n")));
    return String.join("", lines).getBytes(UTF_8);
  }

  /**
   * A repomd.xml.
   *
   * @param files what has to be kept to verify it again, by path
   * @param mirrors the roots of the repository, first that which has this repomd.xml
   * @param notices that it is the one that we had, as the mirrors have older ones; what of it is
   *     left out
   */
  private record Fetched(
      RepomdFile repomd, Map<String, byte[]> files, List<String> mirrors, List<String> notices) {}

  private Fetched fetch(RpmSource source, String release, Map<String, Validators> validators)
      throws FetchException, IOException, InterruptedException {
    DocumentReader reader = documents.by(source.route());
    MirrorList list =
        switch (source.locator()) {
          case BASEURL -> MirrorList.of(source.uri());
          case MIRRORLIST ->
              MirrorList.ofText(source.uri(), reader.readList(source.uri()), source, release);
          case METALINK -> MirrorList.ofMetalink(source.uri(), reader.readList(source.uri()));
        };
    Map<String, byte[]> kept = stillGood(source, list, kept(source));
    List<String> refusals = new ArrayList<>();
    Optional<Fetched> newer = Optional.empty();
    for (String mirror : list.baseUrls()) {
      try {
        Map<String, Validators> here = new TreeMap<>();
        Fetched fetched = fetchFrom(mirror, source, list, here);
        Optional<Fetched> ours = newerKept(source, kept, fetched);
        if (ours.isEmpty()) {
          validators.putAll(here);
          return fetched;
        }
        newer = newer.or(() -> ours);
      } catch (FetchException e) {
        if (list.baseUrls().size() == 1) {
          throw e;
        }
        refusals.add(String.valueOf(e.getMessage()));
      }
    }
    // All that answered lag behind.
    return newer.orElseThrow(() -> noneOf(source, list, refusals));
  }

  private static FetchException noneOf(RpmSource source, MirrorList list, List<String> refusals) {
    return new FetchException(
        "none of the "
            + list.baseUrls().size()
            + " mirrors of "
            + source.uri()
            + " could be used; the first of them: "
            + String.join("; ", refusals.subList(0, Math.min(2, refusals.size()))));
  }

  private Fetched fetchFrom(
      String mirror, RpmSource source, MirrorList list, Map<String, Validators> validators)
      throws FetchException, IOException, InterruptedException {
    if (source.gpgKey().isEmpty() && list.repomdHashes().isEmpty() && mirror.startsWith("http:")) {
      throw new FetchException(
          mirror
              + " is plain http and unsigned, so its content cannot be verified; name the key that"
              + " signs repomd.xml with gpgkey");
    }
    Map<String, byte[]> files = new TreeMap<>();
    for (String path : paths(source)) {
      files.put(
          path,
          documents.by(source.route()).read(mirror + path, listFile(source, path), validators));
    }
    byte[] repomd = files.getOrDefault(REPOMD, new byte[0]);
    if (!list.accepts(repomd)) {
      throw new HashMismatchException(
          mirror + REPOMD + " is not one that the metalink lists; the mirror is behind or ahead");
    }
    List<String> mirrors = new ArrayList<>(list.baseUrls());
    mirrors.remove(mirror);
    mirrors.addFirst(mirror);
    List<String> notices = new ArrayList<>();
    RepomdFile verified = verified(mirror + REPOMD, source, files, notices);
    return new Fetched(verified, files, mirrors, notices);
  }

  /** Empty if the snapshot so far doesn't have all of it. */
  private Map<String, byte[]> kept(RpmSource source) throws IOException {
    Map<String, byte[]> kept = new TreeMap<>();
    for (String path : paths(source)) {
      Optional<Path> file = documents.kept(listFile(source, path));
      if (file.isEmpty()) {
        return Map.of();
      }
      kept.put(path, Files.readAllBytes(file.get()));
    }
    return kept;
  }

  /**
   * What a metalink does not name any more was withdrawn. That is believed of one that came over
   * https, or lies on this machine: another may be an old one that an attacker plays back.
   */
  private static Map<String, byte[]> stillGood(
      RpmSource source, MirrorList list, Map<String, byte[]> kept) {
    boolean withdrawn =
        !source.uri().startsWith("http:") && !list.accepts(kept.getOrDefault(REPOMD, new byte[0]));
    return withdrawn ? Map.of() : kept;
  }

  private Optional<Fetched> newerKept(RpmSource source, Map<String, byte[]> kept, Fetched candidate)
      throws IOException {
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    return DocumentReader.newerKept(
        candidate,
        () ->
            new Fetched(
                verified(source.identity() + REPOMD, source, kept, new ArrayList<>()),
                kept,
                candidate.mirrors(),
                List.of(DocumentReader.olderThanOurs(candidate.mirrors().getFirst()))),
        fetched -> Instant.ofEpochSecond(fetched.repomd().madeAt()));
  }

  private RepomdFile verified(
      String what, RpmSource source, Map<String, byte[]> files, List<String> notices)
      throws FetchException {
    byte[] repomd = files.getOrDefault(REPOMD, new byte[0]);
    if (!source.gpgKey().isEmpty()) {
      byte[] signature = files.getOrDefault(SIGNATURE, new byte[0]);
      notices.addAll(
          Keyring.of("gpgkey", source.gpgKey(), Keyring.Sha1.TAKEN)
              .verify(what, repomd, signature, PGPSignature.BINARY_DOCUMENT, clock.instant()));
    }
    RepomdFile parsed = RepomdFile.parse(what, repomd);
    for (String type : parsed.leftOut()) {
      notices.add(
          "%s lists the index '%s' without a SHA-256 or stronger hash; it is left out"
              .formatted(what, type));
    }
    return parsed;
  }

  private static List<String> paths(RpmSource source) {
    return source.gpgKey().isEmpty() ? List.of(REPOMD) : List.of(REPOMD, SIGNATURE);
  }

  private static String listFile(RpmSource source, String path) {
    return RepositoryUri.listFile(source.identity() + path);
  }

  private static IndexFetch indexFetch(
      RpmSource source, List<String> mirrors, String type, RepomdFile.Index index) {
    List<String> uris =
        mirrors.stream()
            .map(mirror ->
                URI.create(mirror + "/").resolve(RpmPackage.escaped(index.location())).toString())
            .toList();
    return new IndexFetch(
        RepositoryUri.listFile(source.identity() + "/repodata/" + type),
        switch (type) {
          case "updateinfo" -> RpmFiles.UPDATEINFO;
          case "modules" -> RpmFiles.MODULES;
          case "filelists" -> RpmFiles.FILELISTS;
          default -> Kind.PACKAGES;
        },
        List.of(new IndexFetch.Variant(index.compression(), uris, index.packed())),
        index.content(),
        source.identity(),
        0,
        source.moduleHotfixes(),
        source.route());
  }
}
