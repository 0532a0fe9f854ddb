package dev.regild.channel;

import static java.util.stream.Collectors.toSet;

import dev.regild.plan.Advisory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.NewPackage;
import dev.regild.plan.PackageSystem;
import dev.regild.plan.UpdateReasons;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.plan.WindowsFacts.Program;
import dev.regild.plan.WindowsPackage.Kind;
import dev.regild.plan.WindowsVersion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a Windows catalogue offers to one image. A cumulative update is one change, of the system
 * itself, from its build to the resulting one; any other update is one of the name of its identity.
 */
final class WindowsOffers implements AvailablePackages {
  static final Comparator<PackageFacts> BY_VERSION =
      Comparator.comparing(PackageFacts::version, WindowsVersion.ORDER);

  private static final String DOTNET_ROLLUP = "Package_for_DotNetRollup";

  private final List<PackageFacts> fitting;
  private final WindowsFacts windows;
  private final WindowsBuild build;
  private final Set<String> installedNames;
  private final boolean securityOnly;

  /**
   * @param fitting packages for the image's build and architecture
   * @param packages of the image's inventory
   * @param securityOnly whether these are limited to what mends security
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
    this.installedNames = packages.stream().map(InstalledPackage::name).collect(toSet());
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

  /** Whether a package is a newer one of what another is. */
  static boolean isNewer(PackageFacts facts, PackageFacts old) {
    return facts.kind() == old.kind()
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
  public PackageSystem system() {
    return PackageSystem.WINDOWS;
  }

  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    return offered(installed)
        .map(facts -> changeVersion(facts, build))
        .filter(to -> WindowsVersion.compare(to, installed.version()) > 0);
  }

  /** The newest that the image could have of an installed package. */
  private Optional<PackageFacts> offered(InstalledPackage installed) {
    return newest(facts -> changeName(facts).equals(installed.name()) && isWanted(facts));
  }

  /** An agent comes where there is an older one of it, a driver where something is driven by it. */
  private boolean isWanted(PackageFacts facts) {
    return switch (facts.kind()) {
      case SERVICING_STACK, CUMULATIVE, DOTNET, UPDATE -> true;
      case DRIVER -> installedNames.contains(facts.name()) || !drivenBy(facts).isEmpty();
      case AGENT -> programOf(facts, windows).isPresent();
    };
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
      if (!installedNames.contains(changeName(facts))) {
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
          newest(sameName(named)).filter(facts -> !wasSuperseded(facts));
      case DRIVER -> newest(sameName(named).and(facts -> !drivenBy(facts).isEmpty()));
      case AGENT -> newest(sameName(named).and(this::isRenamedUpgrade));
    };
  }

  private static Predicate<PackageFacts> sameName(PackageFacts named) {
    return facts -> facts.kind() == named.kind() && facts.name().equals(named.name());
  }

  /** Of an inventory without the system's own package. */
  private boolean isAhead(PackageFacts facts) {
    return WindowsVersion.compare(changeVersion(facts, build), "10.0." + windows.build()) > 0;
  }

  /**
   * Rollups of .NET are named by its version ({@code Package_for_DotNetRollup_481}); an image takes
   * those of the name that it has, and one that never had any takes the plain one.
   */
  private boolean isItsFirstDotNet(PackageFacts facts) {
    boolean none = installedNames.stream().noneMatch(name -> name.startsWith(DOTNET_ROLLUP));
    String first =
        fitting.stream()
            .filter(each -> each.kind() == Kind.DOTNET)
            .map(PackageFacts::name)
            .sorted()
            .findFirst()
            .orElse("");
    return none && facts.name().equals(first) && !wasSuperseded(facts);
  }

  /** Component Based Servicing would say of it that it is not applicable. */
  private boolean wasSuperseded(PackageFacts facts) {
    return windows.updates().stream()
        .filter(update -> update.state().equals("SUPERSEDED"))
        .map(update -> update.identity().split("~", -1))
        .anyMatch(parts ->
            (parts[0].equals(facts.name()) || parts[0].startsWith(facts.name() + "_"))
                && WindowsVersion.compare(parts[parts.length - 1], facts.version()) >= 0);
  }

  /** The image's devices for which a driver is the newest, of the catalogue and the image. */
  private List<String> drivenBy(PackageFacts driver) {
    List<String> driven = new ArrayList<>();
    for (String device : windows.devices()) {
      String id = device.toUpperCase(Locale.ROOT);
      if (driver.hardwareIds().contains(id)
          && newestFor(id, driver)
          && windows.drivers().stream().noneMatch(there -> isAsNew(there, id, driver))) {
        driven.add(id);
      }
    }
    return driven;
  }

  private boolean newestFor(String hardwareId, PackageFacts driver) {
    return fitting.stream()
        .filter(each -> each.kind() == Kind.DRIVER && each.hardwareIds().contains(hardwareId))
        .noneMatch(each -> BY_VERSION.compare(each, driver) > 0);
  }

  private static boolean isAsNew(Driver there, String hardwareId, PackageFacts driver) {
    return there.hardwareIds().stream().anyMatch(hardwareId::equalsIgnoreCase)
        && WindowsVersion.compare(there.version(), driver.version()) >= 0;
  }

  /** The installed program that an agent's package is a version of. */
  static Optional<Program> programOf(PackageFacts agent, WindowsFacts windows) {
    return windows.programs().stream()
        .filter(program ->
            !agent.upgradeCode().isEmpty()
                && program.upgradeCode().equalsIgnoreCase(agent.upgradeCode()))
        .findFirst()
        .or(() ->
            windows.programs().stream()
                .filter(program -> program.name().equals(agent.name()))
                .findFirst());
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
            .filter(facts -> changeName(facts).equals(installed.name()))
            .filter(facts -> isTakenIn(changeVersion(facts, build), installed.version(), to))
            .toList();
    List<Advisory> advisories =
        takenIn.stream()
            .filter(facts -> !facts.kb().isEmpty())
            .map(facts ->
                new Advisory(facts.kb(), facts.security() ? "security" : "bugfix", "", List.of()))
            .distinct()
            .sorted(Comparator.comparing(Advisory::id))
            .toList();
    return new UpdateReasons(takenIn.stream().anyMatch(PackageFacts::security), advisories);
  }

  private static boolean isTakenIn(String version, String from, String to) {
    return WindowsVersion.compare(version, from) > 0 && WindowsVersion.compare(version, to) <= 0;
  }
}
