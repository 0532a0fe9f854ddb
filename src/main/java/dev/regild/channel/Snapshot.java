package dev.regild.channel;

import dev.regild.plan.Advisory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.UpdateReasons;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One immutable, verified state of a channel. Its directory holds the repositories' signed
 * documents and indexes, named as apt names them in its lists directory, and for apt a {@code
 * sources.list} with which a guest's finds them there, without any network.
 */
public final class Snapshot implements AvailablePackages {
  private final Path directory;
  private final SnapshotManifest manifest;
  private final PackageTable table;

  /** What the updateinfo indexes say, by the package's name. */
  private final Map<String, List<Advised>> advisories;

  private Snapshot(
      Path directory,
      SnapshotManifest manifest,
      PackageTable table,
      Map<String, List<Advised>> advisories) {
    this.directory = directory;
    this.manifest = manifest;
    this.table = table;
    this.advisories = advisories;
  }

  /** Reads the indexes once, and keeps names and versions in memory. */
  static Snapshot load(Path directory) throws IOException {
    SnapshotManifest manifest = SnapshotManifest.read(directory);
    PackageTable.Builder table = new PackageTable.Builder();
    for (SnapshotManifest.ListFile index : indexes(manifest)) {
      try (InputStream in = Files.newInputStream(directory.resolve(index.name()))) {
        switch (manifest.system()) {
          case DPKG -> addAll(in, index, table);
          case RPM -> RpmPackage.readAll(in, table::add);
        }
      } catch (IOException e) {
        throw new IOException(index.name() + ": " + e.getMessage(), e);
      }
    }
    return new Snapshot(directory, manifest, table.build(), advisories(directory, manifest));
  }

  private static void addAll(
      InputStream packages, SnapshotManifest.ListFile index, PackageTable.Builder table)
      throws IOException {
    boolean security = index.kind() == SnapshotManifest.Kind.SECURITY_PACKAGES;
    PackagesScanner scanner = new PackagesScanner(packages);
    while (scanner.next()) {
      table.add(scanner, index.priority(), security);
    }
  }

  /** An advisory about one version of a package. */
  private record Advised(String version, String architecture, Advisory advisory) {}

  private static Map<String, List<Advised>> advisories(Path directory, SnapshotManifest manifest)
      throws IOException {
    Map<String, List<Advised>> result = new HashMap<>();
    for (SnapshotManifest.ListFile index : manifest.files(SnapshotManifest.Kind.UPDATEINFO)) {
      try (InputStream in = Files.newInputStream(directory.resolve(index.name()))) {
        UpdateinfoEntry.readAll(
            in,
            entry -> {
              for (UpdateinfoEntry.Fixed fixed : entry.packages()) {
                result
                    .computeIfAbsent(fixed.name(), name -> new ArrayList<>())
                    .add(new Advised(fixed.version(), fixed.architecture(), entry.advisory()));
              }
            });
      } catch (IOException e) {
        throw new IOException(index.name() + ": " + e.getMessage(), e);
      }
    }
    return result;
  }

  /** SHA-256 over the names and hashes of its files: its identity, for good. */
  public String digest() {
    return manifest.digest();
  }

  public Instant createdAt() {
    return manifest.createdAt();
  }

  /** Read only; all that a guest needs lies in it as plain files, none in a subdirectory. */
  public Path directory() {
    return directory;
  }

  /** The main architecture of the machines that it is for. */
  public String architecture() {
    return manifest.architecture();
  }

  @Override
  public PackageSystem system() {
    return manifest.system();
  }

  /** How many entries its indexes have. */
  public int size() {
    return table.size();
  }

  /**
   * The candidate that apt would choose, if it is higher than the installed version; dnf's choice
   * is the same where all repositories count alike. Of the versions that are not lower than the
   * installed one, the highest priority wins, then the highest version; the installed version
   * counts with 100, or with that of a repository that has it (apt_preferences(5)). A guest's own
   * pinning is not considered.
   */
  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    Candidate candidate = new Candidate(installed, architecture(), system());
    table.visit(installed.name(), candidate);
    return candidate.upgrade();
  }

  @Override
  public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
    Candidate candidate = new Candidate(installed, architecture(), system());
    List<Advisory> said =
        advisories.getOrDefault(installed.name(), List.of()).stream()
            .filter(each -> candidate.takesIn(each.architecture(), each.version(), to))
            .map(Advised::advisory)
            .distinct()
            .sorted(Comparator.comparing(Advisory::id))
            .toList();
    AtomicBoolean security = new AtomicBoolean(said.stream().anyMatch(Advisory::mendsSecurity));
    table.visit(
        installed.name(),
        (architecture, _, mendsSecurity, version) -> {
          if (mendsSecurity && candidate.takesIn(architecture, version, to)) {
            security.set(true);
          }
        });
    return new UpdateReasons(security.get(), said);
  }

  /**
   * What the signed indexes say about package files that a guest asks for. The guest is not
   * trusted: what is fetched is what the indexes name, and nothing else.
   *
   * @param uris as the guest's package manager printed them
   * @return by the URI as it was given
   * @throws ChannelException if one of them is not in this snapshot
   */
  public Map<String, PackageFile> packageFiles(Set<String> uris) throws ChannelException {
    return new PackageLookup(directory, indexes(manifest), system()).find(uris);
  }

  private static List<SnapshotManifest.ListFile> indexes(SnapshotManifest manifest) {
    return manifest.files(SnapshotManifest.Kind.PACKAGES, SnapshotManifest.Kind.SECURITY_PACKAGES);
  }
}
