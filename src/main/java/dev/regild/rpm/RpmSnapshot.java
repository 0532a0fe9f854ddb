package dev.regild.rpm;

import dev.regild.channel.ChannelException;
import dev.regild.channel.PackageLookup;
import dev.regild.channel.PackageTable;
import dev.regild.channel.RepositoryUri;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.channel.SnapshotManifest.Kind;
import dev.regild.channel.UpgradeTarget;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Advisory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.KeptBack;
import dev.regild.plan.NewPackage;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.UpdatePolicy;
import dev.regild.plan.UpdateReasons;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A snapshot of RPM repositories: what dnf would choose of it. */
final class RpmSnapshot extends Snapshot {
  private final RpmContents contents;
  private final ModuleStreams.Active active;
  private final boolean securityOnly;

  /** What the owner of an image lets its package manager see. */
  private final RpmVisibility visibility;

  private final boolean ignoresObsoletes;

  private RpmSnapshot(
      Path directory,
      SnapshotManifest manifest,
      RpmContents contents,
      ModuleStreams.Active active,
      boolean securityOnly,
      RpmVisibility visibility,
      boolean ignoresObsoletes) {
    super(directory, manifest, new RpmPackageSystem());
    this.contents = contents;
    this.active = active;
    this.securityOnly = securityOnly;
    this.visibility = visibility;
    this.ignoresObsoletes = ignoresObsoletes;
  }

  static RpmSnapshot load(Path directory, SnapshotManifest manifest) throws IOException {
    RpmContents.Builder contents = new RpmContents.Builder();
    readEach(directory, manifest.files(RpmFiles.MODULES), (in, _) -> contents.addModules(in));
    readEach(
        directory,
        manifest.files(Kind.PACKAGES),
        (in, index) -> contents.addPackages(in, index.hotfixes()));
    readEach(directory, manifest.files(RpmFiles.UPDATEINFO), (in, _) -> contents.addAdvisories(in));
    RpmContents all = contents.build();
    return new RpmSnapshot(
        directory, manifest, all, all.modules().active(Map.of()), false, RpmVisibility.ALL, false);
  }

  @Override
  public int size() {
    return contents.table().size();
  }

  /**
   * What it offers to an image that has chosen streams of modules. As dnf does: a package of a
   * stream counts if the stream is the chosen one, or the module's default where none is chosen; a
   * package of no module counts unless such a stream has one of its name.
   */
  @Override
  public AvailablePackages availableTo(Inventory inventory) {
    UpdatePolicy policy = inventory.ownersPolicy();
    return with(
        contents.modules().active(inventory.modules()),
        securityOnly,
        policy.hidesPackages()
            ? new RpmVisibility(policy, known(inventory.packages()))
            : RpmVisibility.ALL,
        policy.ignoresObsoletes());
  }

  @Override
  public Optional<Object> offerBasis(Inventory inventory) {
    UpdatePolicy policy = inventory.ownersPolicy();
    return policy.hidesPackages()
        ? Optional.empty()
        : Optional.of(List.of(inventory.modules(), policy));
  }

  @Override
  public Snapshot limitedToSecurity() {
    return with(active, true, visibility, ignoresObsoletes);
  }

  private RpmSnapshot with(
      ModuleStreams.Active streams,
      boolean security,
      RpmVisibility visible,
      boolean withoutObsoletes) {
    return new RpmSnapshot(
        directory(), manifest(), contents, streams, security, visible, withoutObsoletes);
  }

  /** What is installed, and what is offered by the same names. */
  private Set<RpmVisibility.Nevra> known(List<InstalledPackage> packages) {
    Set<RpmVisibility.Nevra> known = new LinkedHashSet<>();
    for (InstalledPackage each : packages) {
      known.add(nevra(each));
      contents.table().visit(each.name(), offer -> known.add(nevra(each.name(), offer)));
    }
    return known;
  }

  private static RpmVisibility.Nevra nevra(InstalledPackage each) {
    return new RpmVisibility.Nevra(each.name(), each.version(), each.architecture());
  }

  private static RpmVisibility.Nevra nevra(
      String name, PackageTable.Offer<RpmContents.Membership> offer) {
    return new RpmVisibility.Nevra(name, offer.version(), offer.architecture());
  }

  @Override
  public boolean securityOnly() {
    return securityOnly;
  }

  /**
   * The highest version of all repositories, which count alike, if it is higher than the installed
   * one.
   *
   * <p>Of a snapshot that is limited to what fixes security problems, it is the newest version up
   * to that one which an advisory about security names; where the repositories have it no more, the
   * next higher one that they have.
   */
  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    UpgradeTarget target = target(installed);
    List<String> higher = new ArrayList<>();
    visit(
        installed.name(),
        offer -> {
          if (target.isFor(offer.architecture())
              && RpmVersion.ORDER.compare(offer.version(), installed.version()) > 0) {
            higher.add(offer.version());
          }
        });
    Optional<String> newest = higher.stream().max(RpmVersion.ORDER);
    return securityOnly
        ? newest.flatMap(to -> fixing(installed.name(), target, to, higher))
        : newest;
  }

  private UpgradeTarget target(InstalledPackage installed) {
    return new UpgradeTarget(installed, architecture(), RpmVersion.FAMILY);
  }

  private Optional<String> fixing(
      String name, UpgradeTarget target, String newest, List<String> offered) {
    return target.fixing(
        advised(name, target, newest)
            .filter(each -> each.advisory().mendsSecurity())
            .map(RpmContents.Advised::version),
        offered);
  }

  /**
   * As dnf does where its setting {@code obsoletes} is on, which is the default: every package that
   * obsoletes the installed one, each at its newest version. None where only what fixes security
   * problems counts.
   */
  @Override
  public List<NewPackage> replacementsOf(InstalledPackage installed) {
    List<RpmContents.Replacement> candidates = contents.replacementsOf(installed.name());
    if (securityOnly
        || ignoresObsoletes
        || candidates.isEmpty()
        || visibility.isLocked(nevra(installed))) {
      return List.of();
    }
    UpgradeTarget target = target(installed);
    Map<String, NewPackage> newest = new TreeMap<>();
    for (RpmContents.Replacement each : candidates) {
      NewPackage by = each.by();
      if (each.obsoleted().covers(installed.version())
          && target.isFor(by.architecture())
          && (each.hotfix()
              || active.admits(
                  by.name(), contents.modules().of(by.name(), by.version(), by.architecture())))
          && isVisible(new RpmVisibility.Nevra(by.name(), by.version(), by.architecture()))) {
        newest.merge(
            by.name(),
            by,
            BinaryOperator.maxBy(Comparator.comparing(NewPackage::version, RpmVersion.ORDER)));
      }
    }
    return List.copyOf(newest.values());
  }

  @Override
  public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
    List<Advisory> said =
        advised(installed.name(), target(installed), to)
            .map(RpmContents.Advised::advisory)
            .distinct()
            .sorted(Comparator.comparing(Advisory::id))
            .toList();
    return new UpdateReasons(said.stream().anyMatch(Advisory::mendsSecurity), said);
  }

  /** A later version of a module's package may be of another stream, which lacks the fix. */
  @Override
  public List<Advised> advised(Predicate<Advisory> wanted) {
    List<Advised> found = new ArrayList<>();
    contents
        .advisories()
        .forEach((name, all) -> {
          for (RpmContents.Advised each : all) {
            if (wanted.test(each.advisory())) {
              boolean ofModule =
                  !contents.modules().of(name, each.version(), each.architecture()).isEmpty();
              found.add(
                  new Advised(
                      each.advisory(), name, each.architecture(), each.version(), !ofModule));
            }
          }
        });
    return found;
  }

  /** What is said about the versions that an upgrade to that version passes or reaches. */
  private Stream<RpmContents.Advised> advised(String name, UpgradeTarget target, String to) {
    return contents.advisoriesOf(name).stream()
        .filter(each -> target.takesIn(each.architecture(), each.version(), to))
        .filter(each ->
            active.admits(name, contents.modules().of(name, each.version(), each.architecture())));
  }

  private boolean isVisible(RpmVisibility.Nevra each) {
    return visibility.seesAll() || visibility.hiddenBy(each).isEmpty();
  }

  @Override
  public Optional<KeptBack> keptBackOf(InstalledPackage installed) {
    if (visibility == RpmVisibility.ALL) {
      return Optional.empty();
    }
    String chosen = upgradeOf(installed).orElse(installed.version());
    return with(active, securityOnly, RpmVisibility.ALL, ignoresObsoletes)
        .upgradeOf(installed)
        .filter(offered -> RpmVersion.ORDER.compare(chosen, offered) < 0)
        .map(offered -> new KeptBack(installed, offered, reason(installed, offered)));
  }

  private String reason(InstalledPackage installed, String offered) {
    List<RpmVisibility.Nevra> hidden = new ArrayList<>();
    contents
        .table()
        .visit(
            installed.name(),
            offer -> {
              if (offer.version().equals(offered)) {
                hidden.add(nevra(installed.name(), offer));
              }
            });
    return hidden.stream()
        .map(visibility::hiddenBy)
        .flatMap(Optional::stream)
        .findFirst()
        .orElse("the preferences of the image");
  }

  /** Visits every offer for that name that an image can install. */
  private void visit(String name, Consumer<PackageTable.Offer<RpmContents.Membership>> visitor) {
    contents
        .table()
        .visit(
            name,
            offer -> {
              if ((offer.group().hotfix() || active.admits(name, offer.group().streams()))
                  && isVisible(nevra(name, offer))) {
                visitor.accept(offer);
              }
            });
  }

  @Override
  public Map<String, PackageFile> packageFiles(Set<String> uris) throws ChannelException {
    SnapshotManifest now = manifestNow();
    return new PackageLookup(
            directory(),
            manifest().files(Kind.PACKAGES),
            (in, index, wanted, found) -> {
              String repository = index.repository();
              List<String> places = now.mirrors().getOrDefault(repository, List.of(repository));
              Route route = now.routes().getOrDefault(repository, Route.DEFAULT);
              RpmPackage.readAll(
                  in,
                  each -> {
                    String comparable = RepositoryUri.comparable(each.address(repository));
                    if (wanted.contains(comparable)) {
                      found.putIfAbsent(comparable, packageFile(places, each, route));
                    }
                  });
            })
        .find(uris);
  }

  @Override
  public Map<PackageVersion, PackageFile> filesOf(Set<PackageVersion> wanted)
      throws ChannelException {
    SnapshotManifest now = manifestNow();
    Map<PackageVersion, PackageFile> found = new HashMap<>();
    PackageLookup.visit(
        directory(),
        manifest().files(Kind.PACKAGES),
        (in, index) -> {
          String repository = index.repository();
          List<String> places = now.mirrors().getOrDefault(repository, List.of(repository));
          Route route = now.routes().getOrDefault(repository, Route.DEFAULT);
          RpmPackage.readAll(
              in,
              each -> {
                PackageVersion version = new PackageVersion(each.name(), each.version());
                if (wanted.contains(version)) {
                  found.putIfAbsent(version, packageFile(places, each, route));
                }
              });
        });
    return found;
  }

  private static PackageFile packageFile(List<String> places, RpmPackage each, Route route) {
    List<URI> uris = places.stream().map(each::place).distinct().toList();
    return new PackageFile(
        uris.getFirst(),
        each.location().replaceFirst(".*/", ""),
        each.size(),
        each.hash(),
        uris.subList(1, uris.size()),
        route);
  }
}
