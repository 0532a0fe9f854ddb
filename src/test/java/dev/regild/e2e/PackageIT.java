package dev.regild.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.Fixtures;
import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The packages of this build, as those who install them get them. */
@Execution(ExecutionMode.SAME_THREAD)
class PackageIT {
  private static final String LONG = "It downloads hundreds of megabytes: ./regild test --packages";
  private static final Duration LIMIT = Duration.ofMinutes(26);
  private static final Path SOURCES = Path.of("").toAbsolutePath();
  private static final long MOST_DEB_BYTES = 120_000_000;

  @TempDir static Path directory;

  @BeforeAll
  static void build() throws Exception {
    HostTools.assumeInstalled("lintian", "mmdebstrap", "systemd-nspawn");
    build(directory.resolve("dist"), Map.of());
  }

  @Test
  void lintianFindsNoError() throws Exception {
    Path deb = one("dist", "*.deb");
    assertThat(Files.size(deb)).isLessThan(MOST_DEB_BYTES);
    assertThat(run("lintian", "--allow-root", "--fail-on", "none", deb.toString()).lines())
        .noneMatch(line -> line.startsWith("E:"));
  }

  /**
   * The second is made of a copy of the tree elsewhere, which only its owner can read, in another
   * time zone and language, and in another order.
   */
  @Test
  void twoBuildsHaveTheSameBytes() throws Exception {
    Path copy = Files.createDirectory(directory.resolve("copy"));
    for (String part :
        List.of("pom.xml", "regild", "README.md", "docs", "deploy", "src", "target")) {
      if (!part.equals("target")) {
        run("cp", "-r", SOURCES.resolve(part).toString(), copy.resolve(part).toString());
      }
    }
    Files.createDirectory(copy.resolve("target"));
    for (String part : List.of("regild.jar", "regild-demo.jar", "lib", "native")) {
      run("cp", "-r", "target/" + part, copy.resolve("target/" + part).toString());
    }
    String _ = run("chmod", "-R", "go-rwx", copy.toString());
    String time = run("git", "-C", SOURCES.toString(), "log", "-1", "--format=%ct").strip();
    build(
        copy,
        directory.resolve("again"),
        Map.of("SOURCE_DATE_EPOCH", time, "TZ", "Asia/Kathmandu", "LC_ALL", "C.UTF-8"),
        "tar",
        "deb");
    for (String kind : List.of("*.deb", "*.tar.xz")) {
      assertThat(Files.mismatch(one("dist", kind), one("again", kind))).as(kind).isEqualTo(-1);
    }
  }

  @Test
  void theStatementBesideAPackageVerifiesItAndItsBillOfMaterials() throws Exception {
    Path deb = one("dist", "*.deb");
    Path key = one("dist", "regild-release.pub");
    List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
    command.addAll(List.of("-jar", "target/regild.jar", "verify", deb.toString()));
    command.addAll(List.of("--key", key.toString()));
    assertThat(new Program(command, LIMIT, Map.of()).run())
        .contains("signature  good", "disk       ", "sbom       ");
    JsonNode bill =
        JsonMapper.shared()
            .readTree(Files.readAllBytes(deb.resolveSibling(deb.getFileName() + ".cdx.json")));
    assertThat(bill.path("components").valueStream())
        .allSatisfy(component -> {
          assertThat(component.path("purl").asString("")).as("%s", component).startsWith("pkg:");
          assertThat(component.path("licenses")).as("%s", component).isNotEmpty();
        })
        .anyMatch(component -> component.path("name").asString("").equals("openjdk"))
        .hasSizeGreaterThan(60);
  }

  /** An update of an image runs meanwhile, and the requests of clients do not end. */
  @ParameterizedTest
  @ValueSource(strings = {"bookworm", "trixie"})
  @EnabledIfSystemProperty(named = "regild.packages", matches = "true", disabledReason = LONG)
  void aFreshDebianInstallsUpgradesRemovesAndPurges(String suite) throws Exception {
    assertThat(
            run(
                "deploy/package/in-debian",
                suite,
                "deploy/package/check-deb",
                one("dist", "*.deb").toString(),
                versionBefore().toString(),
                Fixtures.goldenImage().toString(),
                agent().toString()))
        .contains(
            "none failed", "the update that the upgrade interrupted is done", "nothing is left");
  }

  @Test
  @EnabledIfSystemProperty(named = "regild.packages", matches = "true", disabledReason = LONG)
  void theArchiveRunsAndShowsTheDemoWhereNothingIsPrepared() throws Exception {
    assertThat(
            run(
                "deploy/package/in-debian",
                "bookworm",
                "deploy/package/check-archive",
                one("dist", "*.tar.xz").toString()))
        .contains("its server answers", "the demo: Done in");
  }

  @Test
  @EnabledIfSystemProperty(named = "regild.packages", matches = "true", disabledReason = LONG)
  void theContainerImageIsReproducibleAndUpdatesAnImage() throws Exception {
    build(SOURCES, directory.resolve("image"), Map.of(), "oci");
    build(SOURCES, directory.resolve("image-again"), Map.of(), "oci");
    Path image = one("image", "*.oci.tar");
    assertThat(Files.mismatch(image, one("image-again", "*.oci.tar"))).isEqualTo(-1);
    assertThat(
            run(
                "deploy/package/check-image",
                image.toString(),
                Fixtures.goldenImage().toString(),
                agent().toString()))
        .contains("answers as the user 1000", "with the isolation vm");
  }

  /** The directory of the repository and its key. */
  private static Path agent() throws Exception {
    return requireNonNull(Fixtures.agentRepository().root().getParent());
  }

  /** The same package with a lower version, as no release has been made. */
  private static synchronized Path versionBefore() throws Exception {
    Path before = directory.resolve("before.deb");
    if (Files.notExists(before)) {
      Path tree = directory.resolve("before");
      run("dpkg-deb", "--raw-extract", one("dist", "*.deb").toString(), tree.toString());
      run("sed", "-i", "s/^Version: .*/Version: 0.0.9/", tree.resolve("DEBIAN/control").toString());
      run(
          "dpkg-deb",
          "--root-owner-group",
          "-Znone",
          "--build",
          tree.toString(),
          before.toString());
    }
    return before;
  }

  private static void build(Path to, Map<String, String> settings) throws Exception {
    build(SOURCES, to, settings);
  }

  private static void build(Path sources, Path to, Map<String, String> settings, String... kinds)
      throws Exception {
    List<String> command =
        new ArrayList<>(List.of(sources + "/deploy/package/build", sources.toString()));
    command.addAll(List.of(kinds));
    Program program =
        new Program(command, LIMIT, settings)
            .with("JAVA_HOME", System.getProperty("java.home"))
            .with("REGILD_DIST", to.toString());
    program.run();
  }

  private static Path one(String dist, String pattern) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve(dist), pattern)) {
      return files.iterator().next();
    }
  }

  private static String run(String... command) throws Exception {
    return new Program(List.of(command), LIMIT, Map.of()).run();
  }
}
