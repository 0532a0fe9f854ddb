package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.XmlScanner;
import dev.regild.windows.registry.KbName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An {@code update.mum}: the manifest of a KB in Component Based Servicing.
 *
 * @param name of its identity: {@code Package_for_RollupFix}
 * @param version of its identity: {@code 20348.2340.1.10}
 * @param architecture {@code amd64}
 * @param identifier {@code KB5035857}, or whatever else stands there
 * @param releaseType {@code Security Update}
 * @param parents what it is for, one of which has to be there: {@code
 *     Microsoft-Windows-ServerDatacenterEdition}
 * @param parentBuilds of these: {@code 20348}
 * @param words what its description says about security problems
 */
public record KbManifest(
    String name,
    String version,
    String architecture,
    String identifier,
    String releaseType,
    Set<String> parents,
    Set<String> parentBuilds,
    SecurityWords words) {
  static final String FILE = "update.mum";

  private static final Pattern KB = Pattern.compile("KB[0-9]{4,8}");
  private static final Pattern SYSTEM = Pattern.compile("10\\.0\\.([0-9]{5,6})\\.[0-9]+");

  /** KBs that are numbered by the build that they install. */
  private static final Pattern BUILT = Pattern.compile("([0-9]{5,6})\\.([0-9]+)\\.[0-9.]+");

  /** What Windows recovers and is set up by: {@code Microsoft-Windows-WinPE-Package}. */
  private static final Pattern RECOVERY = Pattern.compile("(?i)(.*-)?Win(PE|RE)-.*");

  public KbManifest {
    parents = Set.copyOf(parents);
    parentBuilds = Set.copyOf(parentBuilds);
  }

  /**
   * @throws IOException if it is malformed, or not the manifest of a package
   */
  static KbManifest parse(String mum) throws IOException {
    Reading reading = new Reading();
    String plain = mum.startsWith("\uFEFF") ? mum.substring(1) : mum;
    XmlScanner.scan(new ByteArrayInputStream(plain.getBytes(UTF_8)), reading);
    if (reading.name.isEmpty()) {
      throw new IOException("its update.mum has no identity");
    }
    return new KbManifest(
        reading.name,
        reading.version,
        reading.architecture.toLowerCase(Locale.ROOT),
        reading.identifier,
        reading.releaseType,
        reading.parents,
        reading.parentBuilds,
        SecurityWords.of("", reading.description));
  }

  private static final class Reading implements XmlScanner.Visitor {
    private final Set<String> parents = new LinkedHashSet<>();
    private final Set<String> parentBuilds = new LinkedHashSet<>();
    private String name = "";
    private String version = "";
    private String architecture = "";
    private String identifier = "";
    private String releaseType = "";
    private String description = "";

    @Override
    public void start(String path, XmlScanner element) throws IOException {
      switch (path) {
        case "assembly" -> description = element.attribute("description");
        case "assembly/assemblyIdentity" -> {
          name = element.attribute("name");
          version = element.attribute("version");
          architecture = element.attribute("processorArchitecture");
        }
        case "assembly/package" -> {
          identifier = element.attribute("identifier");
          releaseType = element.attribute("releaseType");
        }
        case "assembly/package/parent/assemblyIdentity" -> {
          parents.add(element.attribute("name"));
          build(element.attribute("version")).ifPresent(parentBuilds::add);
        }
        default -> {
          // The parts of the KB.
        }
      }
    }

    @Override
    public void end(String path) {
      // All is in attributes.
    }
  }

  boolean isServicingStack() {
    return kind() == WindowsPackage.Kind.SERVICING_STACK;
  }

  /** Returns the build in the version of a part of Windows; empty if it is of something else. */
  public static Optional<String> build(String version) {
    Matcher build = SYSTEM.matcher(version);
    return build.matches() ? Optional.of(build.group(1)) : Optional.empty();
  }

  /** Language packs, features and what switches on a release have manifests too. */
  public boolean isKb() {
    return name.startsWith("Package_for_");
  }

  /**
   * Whether it is for a Windows that recovers or is set up only, as a Safe OS Dynamic Update is;
   * one that runs says that it is not applicable. A cumulative update is for both.
   */
  public boolean isForRecovery() {
    return name.startsWith("Package_for_SafeOS")
        || (!parents.isEmpty() && parents.stream().allMatch(RECOVERY.asMatchPredicate()));
  }

  /** What the manifest says about the package; the architecture {@code x64} is not of its words. */
  public PackageFacts facts() {
    return PackageFacts.ofUpdate(
        kind(),
        KbName.ofAllVersions(name),
        version,
        architecture,
        KB.matcher(identifier).matches() ? identifier : "",
        builds(),
        resultingBuild(),
        releaseType.equalsIgnoreCase("Security Update"),
        words);
  }

  private WindowsPackage.Kind kind() {
    if (name.startsWith("Package_for_ServicingStack")) {
      return WindowsPackage.Kind.SERVICING_STACK;
    }
    if (name.equals("Package_for_RollupFix")) {
      return WindowsPackage.Kind.CUMULATIVE;
    }
    return name.startsWith("Package_for_DotNet")
        ? WindowsPackage.Kind.DOTNET
        : WindowsPackage.Kind.UPDATE;
  }

  private List<String> builds() {
    Set<String> builds = new LinkedHashSet<>(parentBuilds);
    Matcher built = BUILT.matcher(version);
    if (builds.isEmpty() && built.matches()) {
      builds.add(built.group(1));
    }
    return new ArrayList<>(builds.stream().sorted().toList());
  }

  private String resultingBuild() {
    Matcher built = BUILT.matcher(version);
    return kind() == WindowsPackage.Kind.CUMULATIVE && built.matches()
        ? built.group(1) + "." + built.group(2)
        : "";
  }
}
