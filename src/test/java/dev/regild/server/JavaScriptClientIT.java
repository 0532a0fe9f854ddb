package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The AWS SDK for JavaScript, in the version that its lock file pins. */
class JavaScriptClientIT {
  private static final Path SOURCES = Path.of("src/test/javascript");

  @Test
  void oneScriptGoesThroughAllOperations(@TempDir Path directory) throws Exception {
    Path modules = installed();
    Files.copy(SOURCES.resolve("client.mjs"), modules.resolve("client.mjs"));
    try (ServerFixture server = new ServerFixture(directory)) {
      server.golden("eu-west-3", "golden");
      server.golden("eu-west-3", "old");
      String output =
          Program.of(
                  "node",
                  modules.resolve("client.mjs").toString(),
                  server.uri("").toString(),
                  "eu-west-3")
              .with("AWS_ACCESS_KEY_ID", server.key.id())
              .with("AWS_SECRET_ACCESS_KEY", server.key.secret())
              .within(Duration.ofMinutes(1))
              .run();
      assertThat(output).isEmpty();
    } finally {
      Files.delete(modules.resolve("client.mjs"));
    }
  }

  /** Installs what the lock file names, with npm's own cache, beside the build's other outcomes. */
  private static Path installed() throws Exception {
    Path modules = Files.createDirectories(Path.of("target/javascript").toAbsolutePath());
    for (String file : new String[] {"package.json", "package-lock.json"}) {
      Files.write(modules.resolve(file), Files.readAllBytes(SOURCES.resolve(file)));
    }
    List<String> install =
        List.of(
            "npm",
            "ci",
            "--prefix",
            modules.toString(),
            "--prefer-offline",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund");
    // The user's environment says where packages come from, and whose certificates are trusted.
    new Program(install, Duration.ofMinutes(5), System.getenv()).run();
    return modules;
  }
}
