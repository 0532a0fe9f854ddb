package dev.regild.channel;

import dev.regild.apt.AptPreferences;
import dev.regild.apt.Candidate;
import dev.regild.apt.IndexOrigin;
import dev.regild.apt.PackagesScanner;
import dev.regild.fetch.PackageFile;
import dev.regild.plan.Advisory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.KeptBack;
import dev.regild.plan.NewPackage;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.UpdatePolicy;
import dev.regild.plan.UpdateReasons;
import dev.regild.plan.WindowsFacts;
import dev.regild.rpm.ModuleStreams;
import dev.regild.rpm.RpmPackage;
import dev.regild.rpm.RpmVisibility;
import dev.regild.rpm.UpdateinfoEntry;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.WindowsCatalogue;
import dev.regild.windows.catalogue.WindowsPackage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One immutable, verified state of a channel; only where its packages are served changes. Its
 * directory holds the repositories' signed documents and indexes, named as apt names them in its
 * lists directory, and what a guest's package manager finds them with, without any network: for apt
 * a {@code sources.list}, for dnf a list of {@code repositories}. That of a catalogue holds the
 * packages themselves.
 */
public final class Snapshot implements AvailablePackages {
  private final Path directory;
  private final SnapshotManifest manifest;
  private final PackageSystem system;
  private final PackageTable table;

  /** What the updateinfo indexes say, by the package's name. */
  private final Map<String, List<Advised>> advisories;

  /** What takes the place of others, by their names. */
  private final Map<String, List<Replacement>> replacements;

  private final ModuleStreams modules;
  private final ModuleStreams.Active active;
  private final boolean securityOnly;

  /** What the owner of an image prefers. */
  private final AptPreferences preferences;

  /** What the owner of an image lets its package manager see. */
  private final RpmVisibility visibility;

  private final boolean ignoresObsoletes;

  /** Empty of packages for every other system than Windows. */
  private final WindowsCatalogue catalogue;

  private Snapshot(
      Path directory,
      SnapshotManifest manifest,
      PackageTable table,
      Map<String, List<Advised>> advisories,
      Map<String, List<Replacement>> replacements,
      ModuleStreams modules,
      ModuleStreams.Active active,
      boolean securityOnly,
      AptPreferences preferences,
      RpmVisibility visibility,
      boolean ignoresObsoletes,
      WindowsCatalogue catalogue) {
    this.directory = directory;
    this.manifest = manifest;
    this.system = manifest.system();
    this.table = table;
    this.advisories = advisories;
    this.replacements = replacements;
    this.modules = modules;
    this.active = active;
    this.securityOnly = securityOnly;
    this.preferences = preferences;
    this.visibility = visibility;
    this.ignoresObsoletes = ignoresObsoletes;
    this.catalogue = catalogue;
  }

  /** Reads the indexes once, and keeps names and versions in memory. */
  public static Snapshot load(Path directory) throws IOException {
    SnapshotManifest manifest = SnapshotManifest.read(directory);
    ModuleStreams modules = new ModuleStreams();
    readEach(directory, manifest.files(SnapshotManifest.Kind.MODULES), (in, _) -> modules.add(in));
    PackageTable.Builder table = new PackageTable.Builder();
    Map<String, List<Replacement>> replacements = new HashMap<>();
    PackageSystem system = manifest.system();
    readEach(
        directory,
        indexes(manifest),
        (in, index) -> {
          switch (system) {
            case DPKG -> addAll(in, IndexOrigin.of(directory, manifest, index), table);
            case RPM ->
                RpmPackage.readAll(
                    in,
                    each -> {
                      table.add(
                          each,
                          modules.of(each.name(), each.version(), each.architecture()),
                          index.hotfixes());
                      each.obsoletes().stream()
                          .filter(obsoleted -> !obsoleted.name().equals(each.name()))
                          .forEach(obsoleted ->
                              replacements
                                  .computeIfAbsent(obsoleted.name(), _ -> new ArrayList<>())
                                  .add(Replacement.of(obsoleted, each, index.hotfixes())));
                    });
            case WINDOWS -> throw new IOException("a catalogue has no index of packages");
          }
        });
    return new Snapshot(
        directory,
        manifest,
        table.build(),
        advisories(directory, manifest),
        replacements,
        modules,
        modules.active(Map.of()),
        false,
        AptPreferences.NONE,
        RpmVisibility.ALL,
        false,
        catalogue(directory, manifest));
  }

  private static WindowsCatalogue catalogue(Path directory, SnapshotManifest manifest)
      throws IOException {
    List<CatalogueEntry> entries = new ArrayList<>();
    for (SnapshotManifest.ListFile file : manifest.files(SnapshotManifest.Kind.CATALOGUE)) {
      try {
        entries.addAll(Catalogue.read(directory.resolve(file.name())));
      } catch (ChannelException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
    return new WindowsCatalogue(entries, manifest.architecture());
  }

  /** Reads one file of a snapshot. */
  private interface FileReader {
    void read(InputStream in, SnapshotManifest.ListFile file) throws IOException;
  }

  private static void readEach(
      Path directory, List<SnapshotManifest.ListFile> files, FileReader reader) throws IOException {
    for (SnapshotManifest.ListFile file : files) {
      try (InputStream in = Files.newInputStream(directory.resolve(file.name()))) {
        reader.read(in, file);
      } catch (IOException e) {
        throw new IOException(file.name() + ": " + e.getMessage(), e);
      }
    }
  }

  private static void addAll(InputStream packages, IndexOrigin origin, PackageTable.Builder table)
      throws IOException {
    PackagesScanner scanner = new PackagesScanner(packages);
    while (scanner.next()) {
      table.add(scanner, origin);
    }
  }

  /** A package that takes the place of another. */
  private record Replacement(RpmPackage.Obsoleted obsoleted, NewPackage by, boolean hotfix) {
    static Replacement of(RpmPackage.Obsoleted obsoleted, RpmPackage each, boolean hotfix) {
      return new Replacement(
          obsoleted, new NewPackage(each.name(), each.architecture(), each.version()), hotfix);
    }
  }

  /** An advisory about one version of a package. */
  private record Advised(String version, String architecture, Advisory advisory) {}

  private static Map<String, List<Advised>> advisories(Path directory, SnapshotManifest manifest)
      throws IOException {
    Map<String, List<Advised>> result = new HashMap<>();
    readEach(
        directory,
        manifest.files(SnapshotManifest.Kind.UPDATEINFO),
        (in, _) ->
            UpdateinfoEntry.readAll(
                in,
                entry -> {
                  for (UpdateinfoEntry.Fixed fixed : entry.packages()) {
                    result
                        .computeIfAbsent(fixed.name(), name -> new ArrayList<>())
                        .add(new Advised(fixed.version(), fixed.architecture(), entry.advisory()));
                  }
                }));
    return result;
  }

  /**
   * SHA-256 over the names and hashes of its files, of a catalogue over its architecture too: its
   * identity, for good.
   */
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
    return system;
  }

  /**
   * What it offers to one image.
   *
   * <p>From a catalogue: what the image's build and devices take, nothing without facts of Windows.
   * Of repositories: what an image takes that has chosen streams of modules. As dnf does: a package
   * of a stream counts if the stream is the chosen one, or the module's default where none is
   * chosen; a package of no module counts unless such a stream has one of its name.
   *
   * @param packages of the image's inventory
   * @param chosen the stream of each module that the image has chosen, empty for one that it has
   *     disabled
   * @param policy what the image's owner has told its package manager
   * @param windows what is known of a Windows image
   */
  public AvailablePackages availableTo(
      List<InstalledPackage> packages,
      Map<String, String> chosen,
      UpdatePolicy policy,
      Optional<WindowsFacts> windows) {
    return switch (system) {
      case DPKG, RPM -> with(modules.active(chosen), securityOnly).under(policy, packages);
      case WINDOWS ->
          windows
              .<AvailablePackages>map(facts -> catalogue.availableTo(packages, facts, securityOnly))
              .orElse(this);
    };
  }

  /** The same, limited to what mends security. */
  public Snapshot limitedToSecurity() {
    return with(active, true);
  }

  private Snapshot with(ModuleStreams.Active streams, boolean security) {
    return with(streams, security, preferences, visibility, ignoresObsoletes);
  }

  private Snapshot under(UpdatePolicy policy, List<InstalledPackage> packages) {
    if (policy.equals(UpdatePolicy.NONE)) {
      return this;
    }
    return with(
        active,
        securityOnly,
        new AptPreferences(policy),
        new RpmVisibility(policy, policy.hidesPackages() ? known(packages) : List.of()),
        policy.ignoresObsoletes());
  }

  /** What is installed, and what is offered by the same names. */
  private Set<RpmVisibility.Nevra> known(List<InstalledPackage> packages) {
    Set<RpmVisibility.Nevra> known = new LinkedHashSet<>();
    for (InstalledPackage each : packages) {
      known.add(new RpmVisibility.Nevra(each.name(), each.version(), each.architecture()));
      table.visit(each.name(), offer -> known.add(nevra(each.name(), offer)));
    }
    return known;
  }

  private static RpmVisibility.Nevra nevra(String name, PackageTable.Offer offer) {
    return new RpmVisibility.Nevra(name, offer.version(), offer.architecture());
  }

  private Snapshot with(
      ModuleStreams.Active streams,
      boolean security,
      AptPreferences preferred,
      RpmVisibility visible,
      boolean withoutObsoletes) {
    return new Snapshot(
        directory,
        manifest,
        table,
        advisories,
        replacements,
        modules,
        streams,
        security,
        preferred,
        visible,
        withoutObsoletes,
        catalogue);
  }

  @Override
  public boolean securityOnly() {
    return securityOnly;
  }

  /** The names of the packages that its catalogue has as agents. */
  public Set<String> agents() {
    return catalogue.agents();
  }

  /**
   * The services of its catalogue's agents that are installed.
   *
   * @param installed packages of an image's inventory
   */
  public Set<String> agentServices(List<InstalledPackage> installed) {
    return catalogue.agentServices(installed);
  }

  /**
   * What a plan of a catalogue's installs, in the order of installation, each file once.
   *
   * @param windows of the image as it was when the plan was made
   * @return with the file of each, which is in this snapshot's directory; its name is unique, and
   *     of letters, digits, dots, hyphens and underscores only
   * @throws ChannelException if a change of the plan is none of this snapshot's
   */
  public SequencedMap<WindowsPackage, PackageFile> windowsPackages(
      UpdatePlan plan, WindowsFacts windows) throws ChannelException {
    return catalogue.packagesFor(plan, windows, directory);
  }

  /** How many entries its indexes, or its catalogue, have. */
  public int size() {
    return table.size() + catalogue.size();
  }

  /**
   * The candidate that apt would choose, if it is higher than the installed version; dnf's choice
   * is the same where all repositories count alike. Of the versions that are not lower than the
   * installed one, the highest priority wins, then the highest version; the installed version
   * counts with 100, or with that of a repository that has it (apt_preferences(5)). A version that
   * is pinned to 1000 or more is chosen even if it is lower.
   *
   * <p>Of a snapshot that is limited to what mends security, it is the newest version up to that
   * candidate which an advisory or a suite about security names; where the repositories have it no
   * more, the next higher one that they have.
   */
  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    Candidate candidate = new Candidate(installed, architecture(), system);
    visit(installed.name(), candidate);
    Optional<String> newest = candidate.chosen(preferences);
    return securityOnly ? newest.flatMap(to -> mending(installed.name(), candidate, to)) : newest;
  }

  private Optional<String> mending(String name, Candidate candidate, String newest) {
    List<PackageTable.Offer> offers = new ArrayList<>();
    visit(
        name,
        offer -> {
          if (candidate.takesIn(offer.architecture(), offer.version(), newest)) {
            offers.add(offer);
          }
        });
    Stream<String> advised =
        advised(name, candidate, newest)
            .filter(each -> each.advisory().mendsSecurity())
            .map(Advised::version);
    Stream<String> ofSuites =
        offers.stream().filter(offer -> offer.origin().security()).map(PackageTable.Offer::version);
    return Stream.concat(advised, ofSuites)
        .max(system.order())
        .flatMap(least ->
            offers.stream()
                .map(PackageTable.Offer::version)
                .filter(version -> system.order().compare(version, least) >= 0)
                .min(system.order()));
  }

  /**
   * As dnf does where its setting {@code obsoletes} is on, which is the default: every package that
   * obsoletes the installed one, each at its newest version. None where only what mends security
   * counts.
   */
  @Override
  public List<NewPackage> replacementsOf(InstalledPackage installed) {
    List<Replacement> candidates = replacements.getOrDefault(installed.name(), List.of());
    if (securityOnly
        || ignoresObsoletes
        || candidates.isEmpty()
        || visibility.isLocked(
            new RpmVisibility.Nevra(
                installed.name(), installed.version(), installed.architecture()))) {
      return List.of();
    }
    Candidate candidate = new Candidate(installed, architecture(), system);
    Map<String, NewPackage> newest = new TreeMap<>();
    for (Replacement each : candidates) {
      NewPackage by = each.by();
      if (each.obsoleted().covers(installed.version())
          && candidate.isFor(by.architecture())
          && (each.hotfix()
              || active.admits(by.name(), modules.of(by.name(), by.version(), by.architecture())))
          && isVisible(new RpmVisibility.Nevra(by.name(), by.version(), by.architecture()))) {
        newest.merge(
            by.name(),
            by,
            BinaryOperator.maxBy(Comparator.comparing(NewPackage::version, system.order())));
      }
    }
    return List.copyOf(newest.values());
  }

  @Override
  public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
    Candidate candidate = new Candidate(installed, architecture(), system);
    List<Advisory> said =
        advised(installed.name(), candidate, to)
            .map(Advised::advisory)
            .distinct()
            .sorted(Comparator.comparing(Advisory::id))
            .toList();
    AtomicBoolean security = new AtomicBoolean(said.stream().anyMatch(Advisory::mendsSecurity));
    visit(
        installed.name(),
        offer -> {
          if (offer.origin().security()
              && candidate.takesIn(offer.architecture(), offer.version(), to)) {
            security.set(true);
          }
        });
    return new UpdateReasons(security.get(), said);
  }

  /** What is said about the versions that an upgrade to that version passes or reaches. */
  private Stream<Advised> advised(String name, Candidate candidate, String to) {
    return advisories.getOrDefault(name, List.of()).stream()
        .filter(each -> candidate.takesIn(each.architecture(), each.version(), to))
        .filter(each -> isOfActiveStream(name, each));
  }

  private boolean isOfActiveStream(String name, Advised advised) {
    return active.admits(name, modules.of(name, advised.version(), advised.architecture()));
  }

  private boolean isVisible(RpmVisibility.Nevra each) {
    return visibility.seesAll() || visibility.hiddenBy(each).isEmpty();
  }

  @Override
  public Optional<KeptBack> keptBackOf(InstalledPackage installed) {
    if (preferences == AptPreferences.NONE && visibility == RpmVisibility.ALL) {
      return Optional.empty();
    }
    Snapshot unrestricted =
        with(active, securityOnly, AptPreferences.NONE, RpmVisibility.ALL, ignoresObsoletes);
    String chosen = upgradeOf(installed).orElse(installed.version());
    return unrestricted
        .upgradeOf(installed)
        .filter(offered -> system.order().compare(chosen, offered) < 0)
        .map(offered ->
            new KeptBack(
                installed.name(),
                installed.architecture(),
                installed.version(),
                offered,
                reason(installed, offered, chosen)));
  }

  private String reason(InstalledPackage installed, String offered, String chosen) {
    List<RpmVisibility.Nevra> hidden = new ArrayList<>();
    Candidate candidate = new Candidate(installed, architecture(), system);
    table.visit(
        installed.name(),
        offer -> {
          candidate.accept(offer);
          if (offer.version().equals(offered)) {
            hidden.add(nevra(installed.name(), offer));
          }
        });
    return hidden.stream()
        .map(visibility::hiddenBy)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseGet(() -> candidate.reason(preferences, offered, chosen));
  }

  /** Visits every offer for that name that an image can install. */
  private void visit(String name, Consumer<PackageTable.Offer> visitor) {
    table.visit(
        name,
        offer -> {
          if ((offer.hotfix() || active.admits(name, offer.streams()))
              && isVisible(nevra(name, offer))) {
            visitor.accept(offer);
          }
        });
  }

  /**
   * What the signed indexes say about package files that a guest asks for. The guest is not
   * trusted: what is fetched is what the indexes name, and nothing else.
   *
   * @param uris as the guest's package manager printed them
   * @return by the URI as it was given; of a repository that has mirrors, at those which the last
   *     refresh found, whatever process made it
   * @throws ChannelException if one of them is not in this snapshot
   */
  public Map<String, PackageFile> packageFiles(Set<String> uris) throws ChannelException {
    return switch (system) {
      case DPKG, RPM -> {
        SnapshotManifest now = manifestNow();
        yield new PackageLookup(directory, indexes(manifest), system, now.mirrors(), now.routes())
            .find(uris);
      }
      case WINDOWS -> catalogue.packageFiles(uris, directory);
    };
  }

  /** Not the manifest's, which stays as it was when this was loaded, perhaps weeks ago. */
  private SnapshotManifest manifestNow() throws ChannelException {
    try {
      return SnapshotManifest.read(directory);
    } catch (IOException e) {
      throw new ChannelException(
          "the snapshot in " + directory + " can't be read (" + e + "); refresh its channel", e);
    }
  }

  private static List<SnapshotManifest.ListFile> indexes(SnapshotManifest manifest) {
    return manifest.files(SnapshotManifest.Kind.PACKAGES, SnapshotManifest.Kind.SECURITY_PACKAGES);
  }
}
