package dev.regild.server;

import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What the lock file of the JavaScript tests names, installed beside the build's other outcomes.
 *
 * @param directory holds the modules; a script finds them from there
 */
record NodeModules(Path directory) {
  private static final Path SOURCES = Path.of("src/test/javascript");

  /** With npm's own cache. Versions of Node as old as 18 are warned by npm, and work. */
  static NodeModules install() throws Exception {
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
    return new NodeModules(modules);
  }

  /** A copy of the script that finds the modules. */
  Path with(Path script) throws Exception {
    return Files.write(directory.resolve(script.getFileName()), Files.readAllBytes(script));
  }
}
