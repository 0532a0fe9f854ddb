package dev.regild.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where short-lived files with short paths are kept, such as links to sockets: a directory whose
 * name others may know and whose content they can't change.
 */
public final class RuntimeDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeDirectory.class);
  private static final String NAME = "regild";

  private RuntimeDirectory() {}

  /**
   * The first that is fit: systemd's for the service ({@code RUNTIME_DIRECTORY}), {@code regild} in
   * the user's ({@code XDG_RUNTIME_DIR}), {@code /run/regild} for root. A place that another user
   * has taken is passed over.
   *
   * @return empty if there is none; then only a directory of a random name is safe
   */
  public static Optional<Path> find() {
    return find(
        System.getenv(), CurrentUser.isRoot() ? Optional.of(Path.of("/run")) : Optional.empty());
  }

  /**
   * The same for other circumstances.
   *
   * @param system root's own directory of this kind
   */
  static Optional<Path> find(Map<String, String> environment, Optional<Path> system) {
    return ofService(environment)
        .or(() -> variable(environment, "XDG_RUNTIME_DIR").flatMap(RuntimeDirectory::below))
        .or(() -> system.flatMap(RuntimeDirectory::below));
  }

  private static Optional<Path> ofService(Map<String, String> environment) {
    // systemd.exec(5): several are separated by colons.
    return variable(environment, "RUNTIME_DIRECTORY")
        .flatMap(directory ->
            usable(
                directory,
                () -> {
                  PrivateDirectory.requireSafe(directory);
                  return directory;
                }));
  }

  private static Optional<Path> below(Path parent) {
    return usable(
        parent,
        () -> {
          PrivateDirectory.requireSafe(parent);
          return PrivateDirectory.take(parent.resolve(NAME)).path();
        });
  }

  private static Optional<Path> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .map(value -> value.split(":", 2)[0])
        .filter(value -> value.startsWith("/"))
        .map(Path::of)
        .filter(Files::exists);
  }

  private static Optional<Path> usable(Path directory, Check check) {
    try {
      return Optional.of(check.passed());
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("directory", directory)
          .addKeyValue("reason", e.getMessage())
          .log("not used as a runtime directory");
      return Optional.empty();
    }
  }

  @FunctionalInterface
  private interface Check {
    Path passed() throws IOException;
  }
}
