package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Locale.ROOT;

import dev.regild.channel.RepositoryContents.Document;
import dev.regild.channel.SnapshotManifest.Kind;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.bouncycastle.openpgp.PGPSignature;

/** Reads what dnf's repositories hold: repomd.xml, verified, and the indexes that it names. */
final class RpmRepositories {
  private static final String REPOMD = "/repodata/repomd.xml";
  private static final String SIGNATURE = REPOMD + ".asc";
  private static final String LIST = "repositories";

  private final DocumentReader documents;
  private final Clock clock;

  RpmRepositories(DocumentReader documents, Clock clock) {
    this.documents = documents;
    this.clock = clock;
  }

  RepositoryContents read(Channel channel)
      throws ChannelException, IOException, InterruptedException {
    List<Document> files = new ArrayList<>();
    List<IndexFetch> indexes = new ArrayList<>();
    Map<String, Validators> validators = new TreeMap<>();
    for (PackageSource source : channel.sources()) {
      RpmSource repository = (RpmSource) source;
      Fetched fetched = fetch(repository, validators);
      fetched
          .files()
          .forEach((uri, bytes) ->
              files.add(
                  new Document(AptNames.listFile(uri), Kind.REPOMD, bytes, repository.baseUrl())));
      fetched
          .repomd()
          .indexes()
          .forEach((type, index) -> indexes.add(indexFetch(repository.baseUrl(), type, index)));
    }
    byte[] list = list(indexes).getBytes(UTF_8);
    files.add(new Document(LIST, Kind.SOURCES, list, ""));
    return new RepositoryContents(files, indexes, validators);
  }

  /**
   * For the guest's dnf, as {@code sources.list} is for apt: a line for each index, with the URI of
   * its repository, its type, the name of its file in the snapshot, SHA-256 and size, parted by
   * tabs; the repositories in the order of the channel.
   */
  private static String list(List<IndexFetch> indexes) {
    Set<String> lines = new LinkedHashSet<>();
    for (IndexFetch index : indexes) {
      String type =
          index.kind() == Kind.PACKAGES ? "primary" : index.kind().name().toLowerCase(ROOT);
      lines.add(
          String.join(
              "\t",
              index.repository(),
              type,
              index.listFile(),
              index.content().sha256(),
              index.content().size() + "\n"));
    }
    return String.join("", lines);
  }

  /** A repomd.xml, and by URI what has to be kept to verify it again. */
  private record Fetched(RepomdFile repomd, Map<String, byte[]> files) {}

  private Fetched fetch(RpmSource source, Map<String, Validators> validators)
      throws ChannelException, IOException, InterruptedException {
    Map<String, byte[]> files = new TreeMap<>();
    Map<String, byte[]> kept = new TreeMap<>();
    for (String path : source.gpgKey().isEmpty() ? List.of(REPOMD) : List.of(REPOMD, SIGNATURE)) {
      String uri = source.baseUrl() + path;
      String name = AptNames.listFile(uri);
      Optional<Path> keptFile = documents.kept(name);
      if (keptFile.isPresent()) {
        kept.put(uri, Files.readAllBytes(keptFile.get()));
      }
      files.put(uri, documents.read(uri, name, validators));
    }
    Fetched fetched = verified(source, files);
    return newerKept(source, kept, fetched).orElse(fetched);
  }

  private Fetched verified(RpmSource source, Map<String, byte[]> files) throws ChannelException {
    String what = source.baseUrl() + REPOMD;
    byte[] repomd = files.getOrDefault(what, new byte[0]);
    if (!source.gpgKey().isEmpty()) {
      byte[] signature = files.getOrDefault(source.baseUrl() + SIGNATURE, new byte[0]);
      Keyring.of("gpgkey", source.gpgKey())
          .verify(what, repomd, signature, PGPSignature.BINARY_DOCUMENT, clock.instant());
    }
    return new Fetched(RepomdFile.parse(what, repomd), files);
  }

  /** A mirror that lags behind, or an attacker, may answer with an older one: then ours stays. */
  private Optional<Fetched> newerKept(
      RpmSource source, Map<String, byte[]> kept, Fetched candidate) {
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    try {
      Fetched ours = verified(source, kept);
      return Optional.of(ours).filter(o -> o.repomd().madeAt() > candidate.repomd().madeAt());
    } catch (ChannelException e) {
      // Ours is no longer good, by another key or by time; the candidate is.
      return Optional.empty();
    }
  }

  private static IndexFetch indexFetch(String baseUrl, String type, RepomdFile.Index index) {
    return new IndexFetch(
        AptNames.listFile(baseUrl + "/repodata/" + type),
        switch (type) {
          case "updateinfo" -> Kind.UPDATEINFO;
          case "modules" -> Kind.MODULES;
          case "filelists" -> Kind.FILELISTS;
          default -> Kind.PACKAGES;
        },
        List.of(URI.create(baseUrl + "/").resolve(index.location()).toString()),
        index.compression(),
        index.packed(),
        index.content(),
        baseUrl,
        0);
  }
}
