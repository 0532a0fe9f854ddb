package dev.regild.channel;

import static java.util.function.Function.identity;

import dev.regild.plan.AvailablePackages;
import dev.regild.plan.DebianVersion;
import dev.regild.plan.InstalledPackage;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One immutable, verified state of a channel. Its directory holds the repositories' signed Release
 * files and indexes, named as apt names them in its lists directory, and a {@code sources.list}
 * with which a guest's apt finds them there, without any network.
 */
public final class Snapshot implements AvailablePackages {
  private static final String ALL = "all";

  /** What an installed version counts for, whatever repository it came from. */
  private static final int INSTALLED_PRIORITY = 100;

  private final Path directory;
  private final SnapshotManifest manifest;
  private final PackageTable table;

  private Snapshot(Path directory, SnapshotManifest manifest, PackageTable table) {
    this.directory = directory;
    this.manifest = manifest;
    this.table = table;
  }

  /** Reads the indexes once, and keeps names and versions in memory. */
  static Snapshot load(Path directory) throws IOException {
    SnapshotManifest manifest = SnapshotManifest.read(directory);
    PackageTable.Builder table = new PackageTable.Builder();
    for (SnapshotManifest.ListFile index : indexes(manifest)) {
      try (InputStream in = Files.newInputStream(directory.resolve(index.name()))) {
        PackagesScanner scanner = new PackagesScanner(in);
        while (scanner.next()) {
          table.add(scanner, index.priority());
        }
      } catch (IOException e) {
        throw new IOException(index.name() + ": " + e.getMessage(), e);
      }
    }
    return new Snapshot(directory, manifest, table.build());
  }

  /** SHA-256 over the names and hashes of its files: its identity, for good. */
  public String digest() {
    return manifest.digest();
  }

  public Instant createdAt() {
    return manifest.createdAt();
  }

  /** Read only; all that a guest's apt needs lies in it as plain files, none in a subdirectory. */
  public Path directory() {
    return directory;
  }

  /** The main Debian architecture of the machines that it is for. */
  public String architecture() {
    return manifest.architecture();
  }

  /** How many entries its indexes have. */
  public int size() {
    return table.size();
  }

  /**
   * The candidate that apt would choose, if it is higher than the installed version. Of the
   * versions that are not lower than the installed one, the highest priority wins, then the highest
   * version; the installed version counts with 100, or with that of a repository that has it
   * (apt_preferences(5)). A guest's own pinning is not considered.
   */
  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    Candidate candidate = new Candidate(installed, architecture());
    table.visit(installed.name(), candidate);
    return candidate.upgrade();
  }

  /** Finds the best offer for one installed package. */
  private static final class Candidate implements PackageTable.OfferVisitor {
    private final InstalledPackage installed;
    private final String mainArchitecture;
    private int installedPriority = INSTALLED_PRIORITY;
    private String version = "";
    private int priority = -1;

    Candidate(InstalledPackage installed, String mainArchitecture) {
      this.installed = installed;
      this.mainArchitecture = mainArchitecture;
    }

    @Override
    public void offer(String offeredArchitecture, int offeredPriority, String offered) {
      if (!isFor(offeredArchitecture)) {
        return;
      }
      int difference = DebianVersion.compare(offered, installed.version());
      if (difference == 0) {
        installedPriority = Math.max(installedPriority, offeredPriority);
      } else if (difference > 0
          && (offeredPriority > priority
              || (offeredPriority == priority && DebianVersion.compare(offered, version) > 0))) {
        version = offered;
        priority = offeredPriority;
      }
    }

    Optional<String> upgrade() {
      return priority >= installedPriority ? Optional.of(version) : Optional.empty();
    }

    /** To apt, a package for all architectures is one of the main architecture. */
    private boolean isFor(String offered) {
      String own = installed.architecture();
      if (offered.equals(own)) {
        return true;
      }
      return (own.equals(ALL) || own.equals(mainArchitecture))
          && (offered.equals(ALL) || offered.equals(mainArchitecture));
    }
  }

  /**
   * What the signed indexes say about package files that a guest asks for. The guest is not
   * trusted: what is fetched is what the indexes name, and nothing else.
   *
   * @param uris as the guest's apt printed them
   * @return by the URI as it was given
   * @throws ChannelException if one of them is not in this snapshot
   */
  public Map<String, PackageFile> packageFiles(Set<String> uris) throws ChannelException {
    Map<String, String> wanted =
        uris.stream().collect(Collectors.toMap(AptNames::comparable, identity(), (a, b) -> a));
    Map<String, PackageFile> found = new HashMap<>();
    try {
      for (SnapshotManifest.ListFile index : indexes(manifest)) {
        find(index, wanted.keySet(), found);
      }
    } catch (IOException e) {
      throw new ChannelException(
          "the snapshot in " + directory + " can't be read (" + e + "); refresh its channel", e);
    }
    Map<String, PackageFile> result = new LinkedHashMap<>();
    for (String uri : uris) {
      PackageFile file = found.get(AptNames.comparable(uri));
      if (file == null) {
        throw new ChannelException(
            "the guest asked for "
                + uri
                + ", which snapshot "
                + digest()
                + " does not hold; check the image's own apt configuration");
      }
      result.put(uri, file);
    }
    return result;
  }

  private void find(
      SnapshotManifest.ListFile index, Set<String> wanted, Map<String, PackageFile> found)
      throws IOException, ChannelException {
    String repository = index.repository();
    String prefix = AptNames.comparable(repository) + "/";
    Set<String> wantedHere =
        wanted.stream()
            .filter(uri -> uri.startsWith(prefix))
            .map(uri -> uri.substring(prefix.length()))
            .collect(Collectors.toSet());
    if (wantedHere.isEmpty()) {
      return;
    }
    try (InputStream in = Files.newInputStream(directory.resolve(index.name()))) {
      PackagesScanner stanza = new PackagesScanner(in);
      while (stanza.next()) {
        String fileName = stanza.text(PackagesScanner.Field.FILENAME);
        if (wantedHere.contains(fileName)) {
          found.putIfAbsent(prefix + fileName, packageFile(repository, fileName, stanza));
        }
      }
    }
  }

  private static PackageFile packageFile(String repository, String fileName, PackagesScanner stanza)
      throws ChannelException {
    String size = stanza.text(PackagesScanner.Field.SIZE);
    String sha256 = stanza.text(PackagesScanner.Field.SHA256);
    if (!size.matches("\\d{1,15}") || !sha256.matches("[0-9a-f]{64}")) {
      throw new ChannelException(
          fileName
              + " of "
              + repository
              + " has no size or SHA-256 in its index; its repository"
              + " must be made by newer tools");
    }
    return new PackageFile(
        URI.create(AptNames.poolUri(repository, fileName)),
        AptNames.archiveFile(
            stanza.text(PackagesScanner.Field.PACKAGE),
            stanza.text(PackagesScanner.Field.VERSION),
            stanza.text(PackagesScanner.Field.ARCHITECTURE)),
        Long.parseLong(size),
        sha256);
  }

  private static List<SnapshotManifest.ListFile> indexes(SnapshotManifest manifest) {
    List<SnapshotManifest.ListFile> result = new ArrayList<>(manifest.files());
    result.removeIf(file -> file.kind() != SnapshotManifest.Kind.PACKAGES);
    return result;
  }
}
