package dev.regild.windows.catalogue;

import static java.util.stream.Collectors.toSet;

import dev.regild.plan.Advisory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.NewPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.UpdateReasons;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Device;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.plan.WindowsFacts.Program;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import dev.regild.windows.registry.KbName;
import dev.regild.windows.registry.WindowsVersion;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a Windows catalogue offers to one image. A cumulative update is one change, of the system
 * itself, from its build to the resulting one; any other update is one of the name of its identity.
 */
final class WindowsOffers implements AvailablePackages {
  static final Comparator<PackageFacts> BY_VERSION =
      Comparator.comparing(PackageFacts::version, WindowsVersion.ORDER);

  private static final String DOTNET_ROLLUP = "Package_for_DotNetRollup";

  /** The first build of which .NET 4.8.1 is a part. */
  private static final int WITH_DOTNET_481 = 22621;

  private final List<PackageFacts> fitting;
  private final WindowsFacts windows;
  private final WindowsBuild build;
  private final List<InstalledPackage> packages;
  private final boolean securityOnly;

  /** The drivers that the image's devices would get; null before anybody asks. */
  private @Nullable Set<PackageFacts> driving;

  /**
   * @param fitting packages for the image's build and architecture
   * @param packages of the image's inventory
   * @param securityOnly whether these are limited to security fixes
   */
  WindowsOffers(
      List<PackageFacts> fitting,
      List<InstalledPackage> packages,
      WindowsFacts windows,
      boolean securityOnly) {
    this.fitting = fitting;
    this.windows = windows;
    this.securityOnly = securityOnly;
    this.build = WindowsBuild.of(windows.build());
    this.packages = packages;
  }

  /** The name of the change that a package makes. */
  static String changeName(PackageFacts facts) {
    return facts.kind() == Kind.CUMULATIVE ? WindowsFacts.SYSTEM : facts.name();
  }

  /** The version that it brings an image of that build to. */
  static String changeVersion(PackageFacts facts, WindowsBuild build) {
    return facts.kind() == Kind.CUMULATIVE
        ? build.systemAt(WindowsBuild.of(facts.resultingBuild()).revision())
        : facts.version();
  }

  /** Whether what is for one architecture takes the place of what is for another. */
  static boolean isSameArchitecture(String one, String other) {
    String any = WindowsVersion.FAMILY.anyArchitecture();
    return one.equals(other) || one.equals(any) || other.equals(any);
  }

  /** Whether a package is a newer one of what another is. */
  static boolean isNewer(PackageFacts facts, PackageFacts old) {
    return facts.kind() == old.kind()
        && isSameArchitecture(facts.architecture(), old.architecture())
        && BY_VERSION.compare(facts, old) > 0
        && (facts.name().equals(old.name())
            || (facts.kind() == Kind.AGENT
                && !facts.upgradeCode().isEmpty()
                && facts.upgradeCode().equals(old.upgradeCode())));
  }

  @Override
  public boolean securityOnly() {
    return securityOnly;
  }

  @Override
  public PackageFamily family() {
    return WindowsVersion.FAMILY;
  }

  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    return offered(installed)
        .map(facts -> changeVersion(facts, build))
        .filter(to -> WindowsVersion.compare(to, installed.version()) > 0);
  }

  /** The newest that the image could have of an installed package. */
  private Optional<PackageFacts> offered(InstalledPackage installed) {
    return newest(facts -> isOf(facts, installed) && isWanted(facts));
  }

  /** Whether a package would bring another version of an installed one. */
  private static boolean isOf(PackageFacts facts, InstalledPackage installed) {
    return changeName(facts).equals(installed.name())
        && isSameArchitecture(facts.architecture(), installed.architecture());
  }

  /** An agent comes where there is an older one of it, a driver where something is driven by it. */
  private boolean isWanted(PackageFacts facts) {
    return switch (facts.kind()) {
      case CUMULATIVE, DOTNET, UPDATE -> true;
      case SERVICING_STACK -> mayComeAlone(facts) || bringsAnotherUpdate();
      case DRIVER -> isAsInstalled(facts) || drives(facts);
      case AGENT -> programOf(facts, windows).isPresent() && !isRenamed(facts);
    };
  }

  private boolean mayComeAlone(PackageFacts stack) {
    return !securityOnly || stack.security();
  }

  /** A servicing stack that fixes nothing itself may be one that another update requires. */
  private boolean bringsAnotherUpdate() {
    return fitting.stream()
        .filter(facts -> facts.isUpdate() && facts.kind() != Kind.SERVICING_STACK)
        .anyMatch(facts -> {
          List<InstalledPackage> there = packages.stream().filter(it -> isOf(facts, it)).toList();
          return there.isEmpty()
              ? addition(facts).isPresent()
              : there.stream().allMatch(it -> isTakenIn(facts, it));
        });
  }

  private boolean isTakenIn(PackageFacts facts, InstalledPackage there) {
    return WindowsVersion.compare(changeVersion(facts, build), there.version()) > 0;
  }

  /** INFs of several makers may have one name: only a common device makes them one driver's. */
  private boolean isAsInstalled(PackageFacts driver) {
    return windows.drivers().stream()
        .filter(there -> there.inf().equals(driver.name()))
        .flatMap(there -> there.hardwareIds().stream())
        .anyMatch(id -> driver.hardwareIds().contains(id.toUpperCase(Locale.ROOT)));
  }

  /** Whether a newer version of an agent has another name, and comes under that. */
  private boolean isRenamed(PackageFacts agent) {
    return fitting.stream()
        .anyMatch(each -> !each.name().equals(agent.name()) && isNewer(each, agent));
  }

  private Optional<PackageFacts> newest(Predicate<PackageFacts> wanted) {
    Comparator<PackageFacts> order =
        Comparator.comparing(facts -> changeVersion(facts, build), WindowsVersion.ORDER);
    return fitting.stream().filter(wanted).max(order);
  }

  @Override
  public List<NewPackage> additions() {
    Set<NewPackage> additions = new LinkedHashSet<>();
    for (PackageFacts facts : fitting) {
      if (packages.stream().noneMatch(there -> isOf(facts, there))) {
        addition(facts)
            .ifPresent(each ->
                additions.add(
                    new NewPackage(
                        changeName(each), each.architecture(), changeVersion(each, build))));
      }
    }
    return List.copyOf(additions);
  }

  /** The newest of a name that is not there, if it belongs into the image. */
  private Optional<PackageFacts> addition(PackageFacts named) {
    return switch (named.kind()) {
      case CUMULATIVE -> newest(sameName(named)).filter(this::isAhead);
      case DOTNET -> newest(sameName(named)).filter(this::isItsFirstDotNet);
      case SERVICING_STACK, UPDATE ->
          newest(sameName(named).and(this::isWanted)).filter(facts -> !wasSuperseded(facts));
      case DRIVER -> newest(sameName(named).and(this::drives));
      case AGENT -> newest(sameName(named).and(this::isRenamedUpgrade));
    };
  }

  private static Predicate<PackageFacts> sameName(PackageFacts named) {
    return facts ->
        facts.kind() == named.kind()
            && facts.name().equals(named.name())
            && isSameArchitecture(facts.architecture(), named.architecture());
  }

  /** Of an inventory without the system's own package. */
  private boolean isAhead(PackageFacts facts) {
    return WindowsVersion.compare(changeVersion(facts, build), "10.0." + windows.build()) > 0;
  }

  /**
   * Rollups of .NET are named by its version ({@code Package_for_DotNetRollup_481}); an image takes
   * those of the name that it has, and one that never had any those of the .NET that came with it.
   */
  private boolean isItsFirstDotNet(PackageFacts facts) {
    boolean none =
        packages.stream().map(InstalledPackage::name).noneMatch(it -> it.startsWith(DOTNET_ROLLUP));
    String own = isSince(WITH_DOTNET_481) ? DOTNET_ROLLUP + "_481" : DOTNET_ROLLUP;
    return none && facts.name().equals(own) && !wasSuperseded(facts);
  }

  private boolean isSince(int base) {
    return WindowsVersion.compare(build.base(), String.valueOf(base)) >= 0;
  }

  /** Component Based Servicing would say of it that it is not applicable. */
  private boolean wasSuperseded(PackageFacts facts) {
    return windows.updates().stream()
        .filter(update -> update.state().equals("SUPERSEDED"))
        .map(update -> update.identity().split("~", -1))
        .anyMatch(parts ->
            KbName.ofAllVersions(parts[0]).equals(facts.name())
                && WindowsVersion.compare(parts[parts.length - 1], facts.version()) >= 0);
  }

  /** Whether there is a device for which a driver is the best, of the catalogue and the image. */
  private boolean drives(PackageFacts driver) {
    Set<PackageFacts> known = driving == null ? findDriving() : driving;
    driving = known;
    return known.contains(driver);
  }

  private Set<PackageFacts> findDriving() {
    Map<PackageFacts, Set<String>> offered = new LinkedHashMap<>();
    fitting.stream()
        .filter(each -> each.kind() == Kind.DRIVER)
        .forEach(each -> offered.put(each, Set.copyOf(each.hardwareIds())));
    Set<PackageFacts> best = new HashSet<>();
    if (!offered.isEmpty()) {
      Map<Driver, Set<String>> there = new LinkedHashMap<>();
      for (Driver each : windows.drivers()) {
        there.put(
            each,
            each.hardwareIds().stream().map(id -> id.toUpperCase(Locale.ROOT)).collect(toSet()));
      }
      for (Device device : windows.eachDevice()) {
        best.addAll(bestFor(device, offered, there));
      }
    }
    return best;
  }

  /** Of equal ones all, of which their names decide. */
  private static Set<PackageFacts> bestFor(
      Device device, Map<PackageFacts, Set<String>> offered, Map<Driver, Set<String>> there) {
    Optional<DriverRank> installed =
        there.entrySet().stream()
            .flatMap(each -> rank(device, each.getValue(), each.getKey().version()).stream())
            .min(Comparator.naturalOrder());
    Map<PackageFacts, DriverRank> ranks = new HashMap<>();
    offered.forEach((each, ids) ->
        rank(device, ids, each.version())
            .filter(rank -> installed.isEmpty() || rank.isBetterThan(installed.get()))
            .ifPresent(rank -> ranks.put(each, rank)));
    Optional<DriverRank> best = ranks.values().stream().min(Comparator.naturalOrder());
    return ranks.entrySet().stream()
        .filter(each -> !best.orElseThrow().isBetterThan(each.getValue()))
        .map(Map.Entry::getKey)
        .collect(toSet());
  }

  private static Optional<DriverRank> rank(Device device, Set<String> ids, String version) {
    return DriverRank.of(device, ids, DriverRank.USUAL_FEATURE_SCORE, version);
  }

  /**
   * The installed program that an agent's package is a version of: by its upgrade code before its
   * name, and of its very architecture before one that counts for every.
   */
  static Optional<Program> programOf(PackageFacts agent, WindowsFacts windows) {
    Predicate<Program> byCode =
        program ->
            !agent.upgradeCode().isEmpty()
                && program.upgradeCode().equalsIgnoreCase(agent.upgradeCode());
    Comparator<Program> nearest =
        Comparator.<Program, Boolean>comparing(byCode::test)
            .thenComparing(program -> program.architecture().equals(agent.architecture()));
    return windows.programs().stream()
        .filter(program -> isSameArchitecture(program.architecture(), agent.architecture()))
        .filter(byCode.or(program -> program.name().equals(agent.name())))
        .max(nearest);
  }

  /** A product whose name has its version in it is new under its new name. */
  private boolean isRenamedUpgrade(PackageFacts agent) {
    boolean newest =
        fitting.stream().noneMatch(each -> each.kind() == Kind.AGENT && isNewer(each, agent));
    return newest
        && programOf(agent, windows)
            .filter(there -> WindowsVersion.compare(agent.version(), there.version()) > 0)
            .isPresent();
  }

  @Override
  public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
    List<PackageFacts> takenIn =
        fitting.stream()
            .filter(facts -> isOf(facts, installed))
            .filter(facts -> isTakenIn(changeVersion(facts, build), installed.version(), to))
            .toList();
    List<Advisory> advisories =
        takenIn.stream()
            .filter(facts -> !facts.kb().isEmpty())
            .map(facts ->
                new Advisory(
                    facts.kb(),
                    facts.security() ? "security" : "bugfix",
                    facts.words().severity(),
                    facts.words().cves()))
            .distinct()
            .sorted(Comparator.comparing(Advisory::id))
            .toList();
    return new UpdateReasons(takenIn.stream().anyMatch(PackageFacts::security), advisories);
  }

  private static boolean isTakenIn(String version, String from, String to) {
    return WindowsVersion.compare(version, from) > 0 && WindowsVersion.compare(version, to) <= 0;
  }
}
