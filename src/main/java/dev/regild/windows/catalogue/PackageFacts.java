package dev.regild.windows.catalogue;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a package of a Windows catalogue is, by its own metadata, and by what its owner says where
 * that is silent.
 *
 * @param kind what it is
 * @param name as inventories name it: of an update that of its identity, of a driver its INF in
 *     small letters, of an agent its product's
 * @param version of the update's identity, of the driver as {@link
 *     dev.regild.windows.registry.WindowsVersion#ofDriver} has it, of the product
 * @param architecture {@code amd64}, {@code arm64}, {@code x86} or {@code neutral}; empty if
 *     unknown
 * @param kb {@code KB5035857}; empty if unknown, or what it is has none
 * @param builds the builds of Windows that an update is for: {@code 20348}; empty if unknown
 * @param resultingBuild of a cumulative update: {@code 20348.2340}; else empty
 * @param security whether its vendor releases it as a security update
 * @param hardwareIds of a driver, in capitals
 * @param upgradeCode of an agent, in capitals; empty if it has none
 * @param services of an agent: those that it installs, and that start by themselves
 * @param words what an update's metadata says about the security problems that it fixes
 * @param computers of a driver: the hardware ids of the computers that it is for, as inventories
 *     have them; empty if it is for any
 */
public record PackageFacts(
    WindowsPackage.Kind kind,
    String name,
    String version,
    String architecture,
    String kb,
    List<String> builds,
    String resultingBuild,
    boolean security,
    List<String> hardwareIds,
    String upgradeCode,
    List<String> services,
    SecurityWords words,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> computers) {
  private static final Pattern KB = Pattern.compile("KB[0-9]{4,8}");
  private static final Pattern BUILD = Pattern.compile("[0-9]{4,6}");
  private static final Pattern RESULT = Pattern.compile("[0-9]{4,6}\\.[0-9]{1,6}");
  private static final Pattern VERSION = Pattern.compile("[0-9][0-9. -]{0,63}");
  private static final int LONGEST_NAME = 200;

  /**
   * @throws IllegalArgumentException if a value can't be used
   */
  public PackageFacts {
    builds = List.copyOf(builds);
    hardwareIds = List.copyOf(hardwareIds);
    // A catalogue that was written before services were read has none.
    services = services == null ? List.of() : List.copyOf(services);
    // The same of one that was written before these words were read.
    words = words == null ? SecurityWords.NONE : words;
    // Of most it is not even written.
    computers = computers == null ? List.of() : List.copyOf(computers);
    if (name.isBlank()
        || name.length() > LONGEST_NAME
        || name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "its name can't be used: it is empty, too long, or has control characters");
    }
    check("version", version, VERSION, "10.0.1");
    if (!kb.isEmpty()) {
      check("KB number", kb, KB, "KB5035857");
    }
    builds.forEach(build -> check("build", build, BUILD, "20348"));
    if (!resultingBuild.isEmpty()) {
      check("resulting build", resultingBuild, RESULT, "20348.2340");
    }
    if (!architecture.matches("amd64|arm64|x86|neutral|")) {
      throw new IllegalArgumentException(
          "its architecture is '" + architecture + "', which must be amd64, arm64, x86 or neutral");
    }
  }

  /**
   * Returns the facts of an update of the system.
   *
   * @param kind one of an update
   * @throws IllegalArgumentException if a value can't be used
   */
  public static PackageFacts ofUpdate(
      WindowsPackage.Kind kind,
      String name,
      String version,
      String architecture,
      String kb,
      List<String> builds,
      String resultingBuild,
      boolean security,
      SecurityWords words) {
    return new PackageFacts(
        kind,
        name,
        version,
        architecture,
        kb,
        builds,
        resultingBuild,
        security,
        List.of(),
        "",
        List.of(),
        words,
        List.of());
  }

  /**
   * Returns the facts of a driver.
   *
   * @throws IllegalArgumentException if a value can't be used
   */
  public static PackageFacts ofDriver(
      String inf, String version, String architecture, List<String> hardwareIds) {
    return new PackageFacts(
        WindowsPackage.Kind.DRIVER,
        inf,
        version,
        architecture,
        "",
        List.of(),
        "",
        false,
        hardwareIds,
        "",
        List.of(),
        SecurityWords.NONE,
        List.of());
  }

  /**
   * Returns the facts of an agent.
   *
   * @throws IllegalArgumentException if a value can't be used
   */
  public static PackageFacts ofAgent(
      String product,
      String version,
      String architecture,
      String upgradeCode,
      List<String> services) {
    return new PackageFacts(
        WindowsPackage.Kind.AGENT,
        product,
        version,
        architecture,
        "",
        List.of(),
        "",
        false,
        List.of(),
        upgradeCode,
        services,
        SecurityWords.NONE,
        List.of());
  }

  private static void check(String what, String value, Pattern pattern, String example) {
    if (!pattern.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "'" + value + "' is not a valid " + what + "; write for example " + example);
    }
  }

  /** A fact that has to be known, and may not be in the file. */
  public enum Missing {
    KB("its KB number", "--kb"),
    ARCHITECTURE("its architecture", "--arch"),
    BUILDS("the builds of Windows that it is for", "--build"),
    RESULTING_BUILD("the build that it results in", "--resulting-build");

    private final String meaning;
    private final String option;

    Missing(String meaning, String option) {
      this.meaning = meaning;
      this.option = option;
    }

    public String meaning() {
      return meaning;
    }

    /** The option by which its owner says it. */
    public String option() {
      return option;
    }
  }

  /** What its owner has to say yet. */
  public List<Missing> missing() {
    List<Missing> missing = new ArrayList<>();
    boolean update = isUpdate();
    if (update && kb.isEmpty()) {
      missing.add(Missing.KB);
    }
    if (architecture.isEmpty()) {
      missing.add(Missing.ARCHITECTURE);
    }
    if (update && builds.isEmpty()) {
      missing.add(Missing.BUILDS);
    }
    if (kind == WindowsPackage.Kind.CUMULATIVE && resultingBuild.isEmpty()) {
      missing.add(Missing.RESULTING_BUILD);
    }
    return missing;
  }

  /** Whether it is an update of the system, which Component Based Servicing installs. */
  public boolean isUpdate() {
    return kind != WindowsPackage.Kind.DRIVER && kind != WindowsPackage.Kind.AGENT;
  }

  /** Whether a driver is for one of the computers that an image has started on, or for any. */
  boolean isForOneOf(List<String> ids) {
    return computers.isEmpty() || computers.stream().anyMatch(ids::contains);
  }

  public PackageFacts withKb(String said) {
    return with(kind, architecture, said, builds, resultingBuild, words);
  }

  public PackageFacts withArchitecture(String said) {
    return with(kind, said, kb, builds, resultingBuild, words);
  }

  public PackageFacts withBuilds(List<String> said) {
    return with(kind, architecture, kb, said, resultingBuild, words);
  }

  public PackageFacts withResultingBuild(String said) {
    return with(kind, architecture, kb, builds, said, words);
  }

  /**
   * The same as an update of another kind.
   *
   * @throws IllegalArgumentException if no package of this form can be of that kind
   */
  public PackageFacts withKind(WindowsPackage.Kind said) {
    PackageFacts changed = with(said, architecture, kb, builds, resultingBuild, words);
    if (said != kind && (!isUpdate() || !changed.isUpdate())) {
      throw new IllegalArgumentException(
          "it is of kind " + kind + ", which cannot be changed to " + said);
    }
    return changed;
  }

  /** The same, with what more is said about the security problems that it fixes. */
  public PackageFacts withWords(SecurityWords said) {
    return with(kind, architecture, kb, builds, resultingBuild, words.and(said));
  }

  /** The same as a driver for certain computers only. */
  public PackageFacts withComputers(List<String> said) {
    return new PackageFacts(
        kind,
        name,
        version,
        architecture,
        kb,
        builds,
        resultingBuild,
        security,
        hardwareIds,
        upgradeCode,
        services,
        words,
        said);
  }

  /** With what its owner or its source may say. */
  private PackageFacts with(
      WindowsPackage.Kind saidKind,
      String saidArchitecture,
      String saidKb,
      List<String> saidBuilds,
      String saidResult,
      SecurityWords saidWords) {
    return new PackageFacts(
        saidKind,
        name,
        version,
        saidArchitecture,
        saidKb,
        saidBuilds,
        saidResult,
        security,
        hardwareIds,
        upgradeCode,
        services,
        saidWords,
        computers);
  }
}
