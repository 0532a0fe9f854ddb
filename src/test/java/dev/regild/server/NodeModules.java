package dev.regild.server;

import dev.regild.files.LockFile;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What the lock file of the JavaScript tests names, installed beside the build's other outcomes.
 *
 * @param directory holds the modules; a script finds them from there
 */
public record NodeModules(Path directory) {
  private static final String LOCK_FILE = "package-lock.json";
  private static final Path SOURCES = Path.of("src/test/javascript");

  /**
   * Installs them if they are not there. The lock is for tests of another process, which may use
   * them already: npm begins by removing what is there.
   */
  public static NodeModules install() throws Exception {
    Path modules = Files.createDirectories(Path.of("target/javascript").toAbsolutePath());
    try (LockFile _ = LockFile.acquire(modules.resolve("lock"))) {
      // npm writes it last.
      boolean complete = Files.exists(modules.resolve("node_modules/.package-lock.json"));
      if (!complete || !isWanted(modules.resolve(LOCK_FILE))) {
        install(modules);
      }
    }
    return new NodeModules(modules);
  }

  private static boolean isWanted(Path lockFile) throws IOException {
    return Files.exists(lockFile) && Files.mismatch(lockFile, SOURCES.resolve(LOCK_FILE)) == -1;
  }

  /** With npm's own cache. Versions of Node as old as 18 are warned by npm, and work. */
  private static void install(Path modules) throws Exception {
    for (String file : new String[] {"package.json", LOCK_FILE}) {
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
  }

  /** A copy of the script that finds the modules. */
  public Path with(Path script) throws Exception {
    return Files.write(directory.resolve(script.getFileName()), Files.readAllBytes(script));
  }
}
