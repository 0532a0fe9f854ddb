package dev.regild.windows.catalogue;

import static java.util.stream.Collectors.toSet;

import dev.regild.channel.ChannelException;
import dev.regild.channel.SnapshotManifest;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.Change;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.WindowsFacts;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import dev.regild.windows.registry.WindowsVersion;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The packages of a Windows channel, as one snapshot saw them. */
public final class WindowsCatalogue {
  private final List<CatalogueEntry> entries;
  private final String architecture;
  private final OfferedUpdates offered;
  private final Route route;
  private final Map<String, OfferedUpdate> byDigest = new HashMap<>();

  WindowsCatalogue(List<CatalogueEntry> entries, String architecture) {
    this(entries, architecture, OfferedUpdates.NONE, Route.DEFAULT);
  }

  /**
   * @param added by the channel's owner; an update that is offered as well counts once
   * @param route how the server of the offered ones is reached
   */
  WindowsCatalogue(
      List<CatalogueEntry> added, String architecture, OfferedUpdates offered, Route route) {
    List<CatalogueEntry> all = new ArrayList<>(added);
    for (OfferedUpdate each : offered.updates()) {
      if (added.stream().noneMatch(there -> isSame(there, each))) {
        all.add(each.entry());
        byDigest.put(each.file().sha256(), each);
      }
    }
    this.entries = List.copyOf(all);
    this.architecture = architecture;
    this.offered = offered;
    this.route = route;
  }

  private static boolean isSame(CatalogueEntry there, OfferedUpdate offered) {
    PackageFacts own = there.facts();
    PackageFacts other = offered.facts();
    boolean version =
        own.kind() == Kind.CUMULATIVE
            ? own.resultingBuild().equals(other.resultingBuild())
            : own.version().equals(other.version());
    return there.sha256().equals(offered.file().sha256())
        || (own.kind() == other.kind()
            && own.name().equals(other.name())
            && own.kb().equals(other.kb())
            && own.architecture().equals(other.architecture())
            && version);
  }

  /** Reads that of a snapshot. */
  public static WindowsCatalogue load(Path directory, SnapshotManifest manifest)
      throws IOException {
    List<CatalogueEntry> entries = new ArrayList<>();
    for (SnapshotManifest.ListFile file : manifest.files(Catalogue.KIND)) {
      try {
        entries.addAll(Catalogue.read(directory.resolve(file.name())));
      } catch (ChannelException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
    OfferedUpdates offered = OfferedUpdates.NONE;
    for (SnapshotManifest.ListFile file : manifest.files(OfferedUpdates.KIND)) {
      offered = OfferedUpdates.read(directory.resolve(file.name()));
    }
    return new WindowsCatalogue(
        entries,
        manifest.architecture(),
        offered,
        manifest.routes().getOrDefault(offered.server(), Route.DEFAULT));
  }

  /** What a server offers, as the snapshot has it. */
  OfferedUpdates offered() {
    return offered;
  }

  /** The newest build that a cumulative update results in, by its base. */
  Map<String, String> newestBuilds() {
    Map<String, String> newest = new TreeMap<>();
    entries.stream()
        .map(CatalogueEntry::facts)
        .filter(facts -> facts.kind() == Kind.CUMULATIVE && isForMachine(facts))
        .forEach(facts ->
            newest.merge(
                WindowsBuild.of(facts.resultingBuild()).base(),
                facts.resultingBuild(),
                (a, b) -> WindowsVersion.compare(a, b) >= 0 ? a : b));
    return newest;
  }

  /** How many packages it has. */
  int size() {
    return entries.size();
  }

  /** The names of its agents. */
  Set<String> agents() {
    return entries.stream()
        .map(CatalogueEntry::facts)
        .filter(facts -> facts.kind() == Kind.AGENT)
        .map(PackageFacts::name)
        .collect(toSet());
  }

  /** The services of its agents that are installed, at just that version. */
  Set<String> agentServices(List<InstalledPackage> installed) {
    return entries.stream()
        .map(CatalogueEntry::facts)
        .filter(facts -> facts.kind() == Kind.AGENT)
        .filter(facts -> installed.stream().anyMatch(there -> isInstalledAs(facts, there)))
        .flatMap(facts -> facts.services().stream())
        .collect(toSet());
  }

  private static boolean isInstalledAs(PackageFacts agent, InstalledPackage there) {
    return agent.name().equals(there.name())
        && WindowsOffers.isSameArchitecture(agent.architecture(), there.architecture())
        && WindowsVersion.compare(agent.version(), there.version()) == 0;
  }

  /**
   * What it offers to an image; nothing to one of another architecture.
   *
   * @param securityOnly whether that is limited to security fixes
   */
  AvailablePackages availableTo(
      List<InstalledPackage> packages, WindowsFacts windows, boolean securityOnly) {
    List<PackageFacts> offered =
        fitting(packages, windows).stream()
            .filter(
                facts -> !securityOnly || facts.security() || facts.kind() == Kind.SERVICING_STACK)
            .toList();
    return new WindowsOffers(offered, packages, windows, securityOnly);
  }

  private List<PackageFacts> fitting(List<InstalledPackage> packages, WindowsFacts windows) {
    boolean otherArchitecture =
        packages.stream()
            .filter(each -> each.name().equals(WindowsFacts.SYSTEM))
            .anyMatch(system -> !system.architecture().equals(architecture));
    if (otherArchitecture) {
      return List.of();
    }
    WindowsBuild build = WindowsBuild.of(windows.build());
    return entries.stream()
        .map(CatalogueEntry::facts)
        .filter(facts -> fits(facts, build, windows))
        .toList();
  }

  /** An agent may be for another architecture that the system runs, as its program then is. */
  private boolean fits(PackageFacts facts, WindowsBuild build, WindowsFacts windows) {
    return switch (facts.kind()) {
      case SERVICING_STACK, CUMULATIVE, DOTNET, UPDATE ->
          isForMachine(facts) && facts.builds().stream().anyMatch(build::takesUpdatesOf);
      case DRIVER -> isForMachine(facts) && facts.isForOneOf(windows.computers());
      case AGENT -> true;
    };
  }

  private boolean isForMachine(PackageFacts facts) {
    return WindowsOffers.isSameArchitecture(facts.architecture(), architecture);
  }

  /**
   * What is to be installed for a plan, in the order of installation: each file once, but for one
   * with several drivers, of which each is installed by itself.
   *
   * @param directory of the snapshot, where the files are
   * @throws ChannelException if the plan has a change that is not in this snapshot
   */
  public SequencedMap<WindowsPackage, List<PackageFile>> packagesFor(
      UpdatePlan plan, WindowsFacts windows, Path directory) throws ChannelException {
    WindowsBuild build = WindowsBuild.of(windows.build());
    Map<String, Map.Entry<Change, CatalogueEntry>> byFile = new LinkedHashMap<>();
    for (Change change : plan.changes()) {
      CatalogueEntry entry =
          entries.stream()
              .filter(each -> fits(each.facts(), build, windows))
              .filter(each -> brings(each.facts(), change, build))
              .findFirst()
              .orElseThrow(() ->
                  new ChannelException(
                      "the catalogue has no package that updates %s to %s; start the update again"
                          .formatted(change.name(), change.to())));
      boolean driver = entry.facts().kind() == Kind.DRIVER;
      byFile.putIfAbsent(
          driver ? entry.sha256() + change.name() : entry.sha256(), Map.entry(change, entry));
    }
    List<Map.Entry<Change, CatalogueEntry>> ordered = new ArrayList<>(byFile.values());
    // A stable sort: within a kind the plan's own order stays.
    ordered.sort(Comparator.comparing(each -> each.getValue().facts().kind()));
    SequencedMap<WindowsPackage, List<PackageFile>> result = new LinkedHashMap<>();
    ordered.forEach(each -> {
      CatalogueEntry entry = each.getValue();
      PackageFacts facts = entry.facts();
      List<PackageFile> files = new ArrayList<>(List.of(file(entry, directory)));
      files.addAll(checkpoints(entry, windows, directory));
      result.put(
          new WindowsPackage(
              facts.kind(),
              each.getKey().name(),
              facts.architecture(),
              each.getKey().to(),
              facts.kb(),
              entry.fileName(),
              files.stream().skip(1).map(PackageFile::fileName).toList()),
          List.copyOf(files));
    });
    return result;
  }

  /**
   * Returns the files of the checkpoints that a cumulative update builds on and that the image does
   * not have: those that its server names, and of added ones the others that are marked, and older.
   */
  private List<PackageFile> checkpoints(
      CatalogueEntry entry, WindowsFacts windows, Path directory) {
    OfferedUpdate from = byDigest.get(entry.sha256());
    List<OfferedUpdate.Checkpoint> named = from == null ? List.of() : from.checkpoints();
    List<PackageFile> files = new ArrayList<>();
    named.stream()
        .filter(each -> !isInstalled(each.kb(), windows))
        .forEach(each -> files.add(file(each.file())));
    PackageFacts target = entry.facts();
    if (target.kind() == Kind.CUMULATIVE) {
      WindowsBuild build = WindowsBuild.of(target.resultingBuild());
      entries.stream()
          .filter(CatalogueEntry::isCheckpoint)
          .filter(each -> named.stream().noneMatch(it -> it.kb().equals(each.facts().kb())))
          .filter(each -> WindowsOffers.isNewer(target, each.facts()))
          .filter(each -> each.facts().builds().stream().anyMatch(build::takesUpdatesOf))
          .filter(each -> !isInstalled(each.facts().kb(), windows))
          .forEach(each -> files.add(file(each, directory)));
    }
    return files;
  }

  private static boolean isInstalled(String kb, WindowsFacts windows) {
    return windows.updates().stream()
        .anyMatch(each ->
            each.kb().equals(kb) && List.of("INSTALLED", "SUPERSEDED").contains(each.state()));
  }

  /** Makes a server have those files whose first place is there. */
  void require(Collection<PackageFile> files, FileSupply supply, Transport transport)
      throws FetchException, InterruptedException {
    Set<String> wanted = files.stream().map(PackageFile::hash).collect(toSet());
    List<OfferedFile> there =
        offeredFiles()
            .filter(each -> wanted.contains(each.sha256()))
            .filter(each -> each.urls().getFirst().startsWith(offered.server() + "/Content/"))
            .toList();
    if (!there.isEmpty()) {
      supply.require(offered.server(), route, there, transport);
    }
  }

  private Stream<OfferedFile> offeredFiles() {
    return byDigest.values().stream()
        .flatMap(each ->
            Stream.concat(
                Stream.of(each.file()),
                each.checkpoints().stream().map(OfferedUpdate.Checkpoint::file)));
  }

  /** Checks those of a server's files that were downloaded. */
  void check(Map<PackageFile, Path> contents)
      throws ChannelException, IOException, InterruptedException {
    Map<String, Path> byHash = new HashMap<>();
    contents.forEach((file, path) -> byHash.put(file.hash(), path));
    OfferedCheck check = new OfferedCheck(offered);
    for (OfferedUpdate each : byDigest.values()) {
      Path file = byHash.get(each.file().sha256());
      if (file == null) {
        continue;
      }
      check.update(each, file);
      for (OfferedUpdate.Checkpoint checkpoint : each.checkpoints()) {
        Path beside = byHash.get(checkpoint.file().sha256());
        if (beside != null) {
          check.checkpoint(checkpoint, each.facts().architecture(), beside);
        }
      }
    }
  }

  /**
   * Its files, by their URIs in that directory.
   *
   * @throws ChannelException if it has none of one of these URIs
   */
  Map<String, PackageFile> packageFiles(Set<String> uris, Path directory) throws ChannelException {
    Map<String, PackageFile> result = new LinkedHashMap<>();
    for (CatalogueEntry entry : entries) {
      PackageFile file = file(entry, directory);
      if (uris.contains(file.uri().toString())) {
        result.put(file.uri().toString(), file);
      }
    }
    offeredFiles()
        .map(this::file)
        .filter(each -> uris.contains(each.uri().toString()))
        .forEach(each -> result.putIfAbsent(each.uri().toString(), each));
    for (String uri : uris) {
      if (!result.containsKey(uri)) {
        throw new ChannelException("the catalogue has no file " + uri);
      }
    }
    return result;
  }

  private PackageFile file(CatalogueEntry entry, Path directory) {
    OfferedUpdate from = byDigest.get(entry.sha256());
    if (from != null) {
      return file(from.file());
    }
    return new PackageFile(
        directory.resolve(entry.fileName()).toUri(),
        entry.fileName(),
        entry.size(),
        entry.sha256());
  }

  /** One of a server's: of what it names as its own place, or at Microsoft's, or at both. */
  private PackageFile file(OfferedFile file) {
    List<URI> urls = file.urls().stream().map(URI::create).toList();
    boolean own = file.urls().getFirst().startsWith(offered.server() + "/");
    // The authority of a company's server does not vouch for Microsoft's.
    Route microsoft = new Route(route.proxy(), "");
    return new PackageFile(
        urls.getFirst(),
        file.fileName(),
        file.size(),
        file.sha256(),
        urls.subList(1, urls.size()),
        own ? route : microsoft,
        true,
        microsoft);
  }

  private static boolean brings(PackageFacts facts, Change change, WindowsBuild build) {
    return WindowsOffers.changeName(facts).equals(change.name())
        && WindowsOffers.isSameArchitecture(facts.architecture(), change.architecture())
        && WindowsOffers.changeVersion(facts, build).equals(change.to());
  }

  /**
   * The package that makes another needless: a newer one of its name, for all of its builds or
   * devices.
   *
   * @param entries of a whole catalogue
   */
  static Optional<CatalogueEntry> superseding(CatalogueEntry entry, List<CatalogueEntry> entries) {
    PackageFacts old = entry.facts();
    return entries.stream()
        .filter(each -> WindowsOffers.isNewer(each.facts(), old))
        .filter(each -> covers(each.facts(), old))
        .max(Comparator.comparing(CatalogueEntry::facts, WindowsOffers.BY_VERSION));
  }

  private static boolean covers(PackageFacts facts, PackageFacts old) {
    return switch (old.kind()) {
      case SERVICING_STACK, CUMULATIVE, DOTNET, UPDATE ->
          old.builds().stream()
              .allMatch(build ->
                  facts.builds().stream().anyMatch(WindowsBuild.of(build)::takesUpdatesOf));
      case DRIVER ->
          facts.hardwareIds().containsAll(old.hardwareIds())
              && (facts.computers().isEmpty()
                  || (!old.computers().isEmpty()
                      && facts.computers().containsAll(old.computers())));
      case AGENT -> true;
    };
  }
}
