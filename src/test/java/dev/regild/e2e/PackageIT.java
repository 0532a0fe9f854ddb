package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The packages of this build, as those who install them have them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PackageIT {
  private static final Duration LIMIT = Duration.ofMinutes(15);
  private static final Path ROOT = Path.of("").toAbsolutePath();
  private static final long MOST_DEB_BYTES = 120_000_000;

  @TempDir static Path directory;

  private Path dist = Path.of("target/dist");

  @BeforeAll
  void build() throws Exception {
    HostTools.assumeInstalled("lintian", "mmdebstrap", "skopeo", "umoci");
    dist = directory.resolve("dist");
    build(ROOT, dist, "");
  }

  private static void build(Path sources, Path to, String version, String... kinds)
      throws Exception {
    Stream<String> command =
        Stream.concat(
            Stream.of(sources.resolve("deploy/package/build").toString(), sources.toString()),
            Stream.of(kinds));
    Program program =
        new Program(command.toList(), LIMIT, java.util.Map.of())
            .with("JAVA_HOME", System.getProperty("java.home"))
            .with("REGILD_DIST", to.toString());
    (version.isEmpty() ? program : program.with("REGILD_PACKAGE_VERSION", version)).run();
  }

  private Path one(String pattern) throws Exception {
    try (var files = Files.newDirectoryStream(dist, pattern)) {
      return files.iterator().next();
    }
  }

  @Test
  void lintianFindsNoError() throws Exception {
    Path deb = one("*.deb");
    assertThat(Files.size(deb)).isLessThan(MOST_DEB_BYTES);
    String said = Program.of("lintian", "--allow-root", "--fail-on", "none", deb.toString()).run();
    assertThat(said.lines().filter(line -> line.startsWith("E:"))).as(said).isEmpty();
  }
}
