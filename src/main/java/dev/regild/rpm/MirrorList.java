package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Comparator.comparingInt;

import dev.regild.channel.RepositoryUri;
import dev.regild.fetch.FetchException;
import dev.regild.files.Sha256;
import dev.regild.files.XmlScanner;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The mirrors of a repository of RPM packages.
 *
 * @param baseUrls the roots of the first twenty, the preferred first
 * @param repomdHashes SHA-256 and SHA-512 of which repomd.xml must have one; empty if any will do
 */
record MirrorList(List<String> baseUrls, Set<String> repomdHashes) {
  /** More than any distribution has. */
  private static final int MOST = 1000;

  /** If so many fail, it isn't the mirrors, and each may take a minute to find out. */
  private static final int TRIED = 20;

  MirrorList {
    baseUrls = List.copyOf(baseUrls);
    repomdHashes = Set.copyOf(repomdHashes);
  }

  /** The one place of a repository that names its root. */
  static MirrorList of(String baseUrl) {
    return new MirrorList(List.of(baseUrl), Set.of());
  }

  /**
   * Reads a list in dnf's form: a URI on each line, comments after {@code #}.
   *
   * @param uri of the list; one from the network may name no mirror on this machine
   * @param source whose variables the lines may have too
   */
  static MirrorList ofText(String uri, byte[] document, RpmSource source, String release)
      throws FetchException {
    String text = new String(document, UTF_8);
    if (text.contains("<metalink")) {
      throw new FetchException(
          uri + " is a metalink, not a mirror list; use the key metalink instead of mirrorlist");
    }
    List<String> baseUrls = new ArrayList<>();
    for (String line : text.lines().map(String::strip).toList()) {
      if (!line.isEmpty() && !line.startsWith("#")) {
        addUsable(uri, line, source.architecture(), release, baseUrls);
      }
    }
    return checked(uri, new MirrorList(baseUrls, Set.of()));
  }

  /**
   * Reads a metalink as MirrorManager writes it: version 3 of the format, with the alternates of
   * {@code http://fedorahosted.org/mirrormanager}.
   *
   * @param uri of the metalink; one from the network may name no mirror on this machine
   */
  static MirrorList ofMetalink(String uri, byte[] document) throws FetchException {
    Metalink reading = new Metalink();
    try {
      XmlScanner.scan(new ByteArrayInputStream(document), reading);
    } catch (IOException e) {
      throw new FetchException(
          uri
              + " can't be used: "
              + e.getMessage()
              + "; check that the URI belongs to a metalink and that no proxy answers instead",
          e);
    }
    if (reading.hashes.isEmpty()) {
      throw new FetchException(
          uri
              + " has no SHA-256 or SHA-512 of repomd.xml; check that it is a metalink of a"
              + " repository, or name another one");
    }
    List<String> baseUrls = new ArrayList<>();
    reading.mirrors.stream()
        .sorted(comparingInt(Mirror::preference).reversed())
        .forEach(mirror -> addUsable(uri, mirror.baseUrl(), "", "", baseUrls));
    return checked(uri, new MirrorList(baseUrls, reading.hashes));
  }

  /** Whether a repomd.xml is one that the list lets pass. */
  boolean accepts(byte[] repomd) {
    return repomdHashes.isEmpty()
        || repomdHashes.contains(Sha256.of(repomd))
        || repomdHashes.contains(Sha256.sha512(repomd));
  }

  private static MirrorList checked(String uri, MirrorList list) throws FetchException {
    if (list.baseUrls().isEmpty()) {
      throw new FetchException(
          uri
              + " names no mirror by http or https"
              + (isLocal(uri) ? " or file" : "")
              + "; check its URI, and that the repository"
              + " exists for this release and architecture");
    }
    return list;
  }

  private static boolean isLocal(String uri) {
    return uri.startsWith("file:");
  }

  /** A list also has mirrors that others can use: rsync, ftp. */
  private static void addUsable(
      String list, String line, String architecture, String release, List<String> baseUrls) {
    try {
      String uri =
          RepositoryUri.checked(
              "mirror", RpmVariables.substituted("mirror", line, release, architecture));
      boolean reachable = isLocal(list) || !isLocal(uri);
      if (reachable && baseUrls.size() < TRIED && !baseUrls.contains(uri)) {
        baseUrls.add(uri);
      }
    } catch (IllegalArgumentException e) {
      // Passed over; if it was the last one, the list is refused.
    }
  }

  private record Mirror(int preference, String baseUrl) {}

  private static final class Metalink implements XmlScanner.Visitor {
    private static final String FILE = "metalink/files/file";
    private static final String REPOMD = "repodata/repomd.xml";
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}|[0-9a-f]{128}");
    private static final Pattern PERCENT = Pattern.compile("\\d{1,4}");

    private final Set<String> hashes = new HashSet<>();
    private final List<Mirror> mirrors = new ArrayList<>();
    private boolean repomd;

    @Override
    public void start(String path, XmlScanner element) throws IOException {
      switch (path) {
        case FILE -> repomd = element.attribute("name").equals("repomd.xml");
        case FILE + "/verification/hash", FILE + "/alternates/alternate/verification/hash" ->
            addHash(element);
        case FILE + "/resources/url" -> addMirror(element);
        default -> {
          // Sizes and times, which the hashes imply; weights of countries.
        }
      }
    }

    private void addHash(XmlScanner element) throws IOException {
      boolean strong = Set.of("sha256", "sha512").contains(element.attribute("type"));
      String hash = element.text();
      if (repomd && strong && HEX.matcher(hash).matches() && hashes.size() < MOST) {
        hashes.add(hash);
      }
    }

    private void addMirror(XmlScanner element) throws IOException {
      String preference = element.attribute("preference");
      String uri = element.text();
      if (repomd && uri.endsWith("/" + REPOMD) && mirrors.size() < MOST) {
        mirrors.add(
            new Mirror(
                PERCENT.matcher(preference).matches() ? Integer.parseInt(preference) : 0,
                uri.substring(0, uri.length() - REPOMD.length())));
      }
    }

    @Override
    public void end(String path) {
      // Each element says all at its start.
    }
  }
}
