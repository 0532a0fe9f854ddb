package dev.regild.channel;

import dev.regild.plan.PlanRules;
import dev.regild.plan.UpdateOptions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where the updates of one platform come from.
 *
 * @param name {@code [a-z0-9][a-z0-9-]{0,62}}; also the name of its file
 * @param platform the images that it is for, in the form of the API's {@code PlatformType}: {@code
 *     DEBIAN_12}
 * @param sources the package repositories, all of one package system; one catalogue for Windows
 * @param driverPackages package names, with {@code *} for any run of characters, that are drivers;
 *     with {@code !} before them, those that are none although another pattern names them
 * @param agentPackages names of the agent's packages
 * @param refreshInterval how old the last check may grow before the next is due
 * @param securityOnly whether updates are limited to security fixes
 * @param options what its operator allows every update
 */
public record Channel(
    String name,
    String platform,
    List<PackageSource> sources,
    List<String> driverPackages,
    List<String> agentPackages,
    Duration refreshInterval,
    boolean securityOnly,
    UpdateOptions options) {
  /**
   * Kernels and their headers, firmware and microcode, modules built by DKMS, graphics; of all
   * platforms, since their names don't meet. A name that begins with an exclamation mark excludes.
   */
  public static final List<String> DEFAULT_DRIVER_PACKAGES =
      List.of(
          "linux-image-*",
          "linux-headers-*",
          "linux-modules-*",
          "linux-objects-*",
          "linux-signatures-*",
          "linux-kbuild-*",
          // Ubuntu's packages that stand for a kernel and its headers.
          "linux-generic*",
          "linux-virtual*",
          "linux-aws",
          "linux-azure",
          "linux-gcp",
          "kernel",
          "kernel-core",
          "kernel-devel",
          "kernel-headers",
          "kernel-modules*",
          "kernel-debug*",
          "kernel-rt*",
          "kernel-livepatch-*",
          // Amazon's kernels beside its first: kernel-5.10.
          "kernel-5.*",
          "kernel-6.*",
          "kmod-*",
          "!kmod-libs",
          "!kmod-devel",
          "firmware-*",
          "*-firmware",
          "*-microcode",
          "microcode_ctl",
          "*-dkms",
          "dkms",
          "nvidia-*",
          "!nvidia-container-*",
          "!nvidia-cuda-*",
          "libnvidia-*",
          "xserver-xorg-video-*",
          "xserver-xorg-input-*",
          "xorg-x11-drv-*",
          "mesa-*",
          "!mesa-utils*",
          "!mesa-demos*",
          "libgl1-mesa-dri",
          "libglx-mesa0",
          "libegl-mesa0",
          "libgbm1",
          "libdrm*");

  public static final Duration DEFAULT_REFRESH_INTERVAL = Duration.ofHours(1);

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
  private static final Pattern GLOB = Pattern.compile("!?[A-Za-z0-9_+.*-]+");
  static final Pattern PACKAGE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_+.-]+");

  private static final Duration SHORTEST_INTERVAL = Duration.ofMinutes(1);

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public Channel {
    checkName(name);
    sources = List.copyOf(sources);
    if (sources.isEmpty()) {
      systemOf(platform);
      throw new IllegalArgumentException("sources: is empty; name at least one repository");
    }
    PackageSystem own = sources.getFirst().system();
    if (own.platforms().stream().noneMatch(type -> type.isNamed(platform))
        || !sources.stream().allMatch(source -> source.system().equals(own))) {
      throw new IllegalArgumentException(
          "sources: must be of kind %s for %s; correct sources or platform"
              .formatted(systemOf(platform).sourceKind(), platform));
    }
    own.whyNotTogether(sources)
        .ifPresent(why -> {
          throw new IllegalArgumentException("sources: " + why);
        });
    driverPackages = checked("driver-packages", driverPackages, GLOB, "linux-image-*");
    agentPackages = checked("agent-packages", agentPackages, own.agentName(), own.exampleAgent());
    if (refreshInterval.compareTo(SHORTEST_INTERVAL) < 0) {
      throw new IllegalArgumentException(
          "refresh-interval: must be at least one minute, for example 1h");
    }
  }

  /** A channel whose operator allows nothing further. */
  public Channel(
      String name,
      String platform,
      List<PackageSource> sources,
      List<String> driverPackages,
      List<String> agentPackages,
      Duration refreshInterval,
      boolean securityOnly) {
    this(
        name,
        platform,
        sources,
        driverPackages,
        agentPackages,
        refreshInterval,
        securityOnly,
        UpdateOptions.NONE);
  }

  /** A channel that is not limited to security fixes. */
  public Channel(
      String name,
      String platform,
      List<PackageSource> sources,
      List<String> driverPackages,
      List<String> agentPackages,
      Duration refreshInterval) {
    this(name, platform, sources, driverPackages, agentPackages, refreshInterval, false);
  }

  /** A channel with the default driver patterns, no agent, refreshed every hour. */
  public Channel(String name, String platform, List<? extends PackageSource> sources) {
    this(
        name,
        platform,
        List.copyOf(sources),
        sources.isEmpty() ? List.of() : sources.getFirst().system().driverPackages(),
        List.of(),
        DEFAULT_REFRESH_INTERVAL);
  }

  /** Returns how often a channel of these sources is refreshed, if nobody says. */
  public static Duration refreshInterval(List<? extends PackageSource> sources) {
    return sources.stream()
        .map(PackageSource::refreshInterval)
        .max(Duration::compareTo)
        .orElse(DEFAULT_REFRESH_INTERVAL);
  }

  /** What kind a change of a package is, by this channel's lists. */
  public PlanRules planRules() {
    return planRules(Set.of());
  }

  /**
   * What kind a change of a package is, by this channel's lists.
   *
   * @param catalogueAgents names of further packages of the agent, as the channel's snapshot has
   *     them
   */
  public PlanRules planRules(Set<String> catalogueAgents) {
    Set<String> agents = new HashSet<>(agentPackages);
    agents.addAll(catalogueAgents);
    String others =
        driverPackages.stream()
            .filter(glob -> glob.startsWith("!"))
            .map(glob -> expression(glob.substring(1)))
            .collect(Collectors.joining("|"));
    String drivers =
        driverPackages.stream()
            .filter(glob -> !glob.startsWith("!"))
            .map(Channel::expression)
            .collect(Collectors.joining("|"));
    return new PlanRules(
        List.of(Pattern.compile("(?!(?:" + others + ")$)(?:" + drivers + ")")), agents);
  }

  private static PackageSystem systemOf(String platform) {
    try {
      return PackageSystems.installed().of(platform);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("platform: " + e.getMessage(), e);
    }
  }

  /** The package system of its repositories. */
  public PackageSystem system() {
    return sources.getFirst().system();
  }

  /** The main architecture of the machines that this channel is for. */
  public String architecture() {
    return sources.getFirst().architecture();
  }

  static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name: '"
              + name
              + "' is not valid; a channel's name has 1 to 63 lower-case letters, digits and"
              + " hyphens, and starts with a letter or digit");
    }
  }

  private static String expression(String glob) {
    return glob.replace(".", "\\.").replace("+", "\\+").replace("*", ".*");
  }

  private static List<String> checked(
      String key, List<String> values, Pattern pattern, String example) {
    for (String value : values) {
      if (!pattern.matcher(value).matches()) {
        throw new IllegalArgumentException(
            key + ": '" + value + "' can't be used; write for example " + example);
      }
    }
    return List.copyOf(values);
  }
}
