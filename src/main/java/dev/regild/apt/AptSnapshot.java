package dev.regild.apt;

import dev.regild.channel.ChannelException;
import dev.regild.channel.PackageLookup;
import dev.regild.channel.PackageTable;
import dev.regild.channel.RepositoryUri;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.channel.SnapshotManifest.Kind;
import dev.regild.channel.SnapshotManifest.ListFile;
import dev.regild.channel.UpgradeTarget;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.files.StrongHash;
import dev.regild.inventory.Inventory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.KeptBack;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.UpdatePolicy;
import dev.regild.plan.UpdateReasons;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A snapshot of apt's repositories: what apt would choose of it ({@code policy.cc}). */
final class AptSnapshot extends Snapshot {
  private final PackageTable<IndexOrigin> table;
  private final boolean securityOnly;

  /** What the owner of an image prefers. */
  private final AptPreferences preferences;

  private AptSnapshot(
      Path directory,
      SnapshotManifest manifest,
      PackageTable<IndexOrigin> table,
      boolean securityOnly,
      AptPreferences preferences) {
    super(directory, manifest, new AptPackageSystem());
    this.table = table;
    this.securityOnly = securityOnly;
    this.preferences = preferences;
  }

  static AptSnapshot load(Path directory, SnapshotManifest manifest) throws IOException {
    PackageTable.Builder<IndexOrigin> table = new PackageTable.Builder<>();
    readEach(
        directory,
        indexes(manifest),
        (in, index) -> {
          IndexOrigin origin = IndexOrigin.of(directory, manifest, index);
          PackagesScanner scanner = new PackagesScanner(in);
          while (scanner.next()) {
            scanner.addTo(table, origin);
          }
        });
    return new AptSnapshot(directory, manifest, table.build(), false, AptPreferences.NONE);
  }

  private static List<ListFile> indexes(SnapshotManifest manifest) {
    return manifest.files(Kind.PACKAGES, AptFiles.SECURITY_PACKAGES);
  }

  @Override
  public int size() {
    return table.size();
  }

  @Override
  public AvailablePackages availableTo(Inventory inventory) {
    UpdatePolicy policy = inventory.ownersPolicy();
    return policy.equals(UpdatePolicy.NONE) ? this : with(securityOnly, new AptPreferences(policy));
  }

  @Override
  public Optional<Object> offerBasis(Inventory inventory) {
    return Optional.of(inventory.ownersPolicy());
  }

  @Override
  public Snapshot limitedToSecurity() {
    return with(true, preferences);
  }

  private AptSnapshot with(boolean security, AptPreferences preferred) {
    return new AptSnapshot(directory(), manifest(), table, security, preferred);
  }

  @Override
  public boolean securityOnly() {
    return securityOnly;
  }

  /**
   * The candidate that apt would choose, if it is higher than the installed version. Of the
   * versions that are not lower than the installed one, the highest priority wins, then the highest
   * version; the installed version counts with 100, or with that of a repository that has it
   * (apt_preferences(5)). A version that is pinned to 1000 or more is chosen even if it is lower.
   *
   * <p>Of a snapshot that is limited to what fixes security problems, it is the newest version up
   * to that candidate which a suite about security has; where the repositories have it no more, the
   * next higher one that they have.
   */
  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    UpgradeTarget target = target(installed);
    Candidate candidate = new Candidate(installed, target);
    table.visit(installed.name(), candidate);
    Optional<String> newest = candidate.chosen(preferences);
    return securityOnly ? newest.flatMap(to -> fixing(installed.name(), target, to)) : newest;
  }

  private UpgradeTarget target(InstalledPackage installed) {
    return new UpgradeTarget(installed, architecture(), DebianVersion.FAMILY);
  }

  private Optional<String> fixing(String name, UpgradeTarget target, String newest) {
    List<String> offered = new ArrayList<>();
    List<String> fixes = new ArrayList<>();
    table.visit(
        name,
        offer -> {
          if (target.takesIn(offer.architecture(), offer.version(), newest)) {
            offered.add(offer.version());
            if (offer.group().security()) {
              fixes.add(offer.version());
            }
          }
        });
    return target.fixing(fixes.stream(), offered);
  }

  @Override
  public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
    UpgradeTarget target = target(installed);
    List<String> fixes = new ArrayList<>();
    table.visit(
        installed.name(),
        offer -> {
          if (offer.group().security()
              && target.takesIn(offer.architecture(), offer.version(), to)) {
            fixes.add(offer.version());
          }
        });
    return new UpdateReasons(!fixes.isEmpty(), List.of());
  }

  @Override
  public Optional<KeptBack> keptBackOf(InstalledPackage installed) {
    if (preferences == AptPreferences.NONE) {
      return Optional.empty();
    }
    String chosen = upgradeOf(installed).orElse(installed.version());
    return with(securityOnly, AptPreferences.NONE)
        .upgradeOf(installed)
        .filter(offered -> DebianVersion.ORDER.compare(chosen, offered) < 0)
        .map(offered -> new KeptBack(installed, offered, reason(installed, offered, chosen)));
  }

  private String reason(InstalledPackage installed, String offered, String chosen) {
    Candidate candidate = new Candidate(installed, target(installed));
    table.visit(installed.name(), candidate);
    return candidate.reason(preferences, offered, chosen);
  }

  @Override
  public Map<String, PackageFile> packageFiles(Set<String> uris) throws ChannelException {
    Map<String, Route> routes = manifestNow().routes();
    return new PackageLookup(
            directory(),
            indexes(manifest()),
            (in, index, wanted, found) -> find(in, index.repository(), routes, wanted, found))
        .find(uris);
  }

  private static void find(
      InputStream in,
      String repository,
      Map<String, Route> routes,
      Set<String> wanted,
      Map<String, PackageFile> found)
      throws IOException, ChannelException {
    String prefix = RepositoryUri.comparable(repository) + "/";
    if (wanted.stream().noneMatch(uri -> uri.startsWith(prefix))) {
      return;
    }
    PackagesScanner stanza = new PackagesScanner(in);
    while (stanza.next()) {
      String fileName = stanza.text(PackagesScanner.Field.FILENAME);
      if (wanted.contains(prefix + fileName)) {
        Route route = routes.getOrDefault(repository, Route.DEFAULT);
        found.putIfAbsent(prefix + fileName, packageFile(repository, fileName, stanza, route));
      }
    }
  }

  @Override
  public Map<PackageVersion, PackageFile> filesOf(Set<PackageVersion> wanted)
      throws ChannelException {
    Set<String> names = wanted.stream().map(PackageVersion::name).collect(Collectors.toSet());
    Map<String, Route> routes = manifestNow().routes();
    Map<PackageVersion, PackageFile> found = new HashMap<>();
    PackageLookup.visit(
        directory(),
        indexes(manifest()),
        (in, index) -> {
          PackagesScanner stanza = new PackagesScanner(in);
          while (stanza.next()) {
            String name = stanza.text(PackagesScanner.Field.PACKAGE);
            if (names.contains(name)) {
              PackageVersion each =
                  new PackageVersion(name, stanza.text(PackagesScanner.Field.VERSION));
              if (wanted.contains(each) && !found.containsKey(each) && !hash(stanza).isEmpty()) {
                Route route = routes.getOrDefault(index.repository(), Route.DEFAULT);
                String fileName = stanza.text(PackagesScanner.Field.FILENAME);
                found.put(each, packageFile(index.repository(), fileName, stanza, route));
              }
            }
          }
        });
    return found;
  }

  /** Empty if the index has none that is strong. */
  private static String hash(PackagesScanner stanza) {
    return StrongHash.checked("SHA256", stanza.text(PackagesScanner.Field.SHA256))
        .or(() -> StrongHash.checked("SHA512", stanza.text(PackagesScanner.Field.SHA512)))
        .orElse("");
  }

  private static PackageFile packageFile(
      String repository, String fileName, PackagesScanner stanza, Route route)
      throws ChannelException {
    String size = stanza.text(PackagesScanner.Field.SIZE);
    String hash = hash(stanza);
    if (!size.matches("\\d{1,15}") || hash.isEmpty()) {
      throw new ChannelException(
          fileName
              + " of "
              + repository
              + " has no size, or no SHA-256 or SHA-512, in its index; its repository"
              + " must be made by newer tools");
    }
    return new PackageFile(
        URI.create(AptNames.poolUri(repository, fileName)),
        AptNames.archiveFile(
            stanza.text(PackagesScanner.Field.PACKAGE),
            stanza.text(PackagesScanner.Field.VERSION),
            stanza.text(PackagesScanner.Field.ARCHITECTURE)),
        Long.parseLong(size),
        hash,
        List.of(),
        route);
  }
}
