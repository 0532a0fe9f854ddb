package dev.regild.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The kernel that libguestfs' appliance boots, found where supermin looks for it: what {@code
 * SUPERMIN_KERNEL} names, else one of this machine that has its modules.
 */
public final class ApplianceKernel {
  private static final String PREFIX = "vmlinuz-";

  private ApplianceKernel() {}

  /** The one that would be taken; empty if there is none, as in a container. */
  public static Optional<Path> find() {
    return find(System.getenv(), Path.of("/"));
  }

  static Optional<Path> find(Map<String, String> environment, Path root) {
    String named = environment.get("SUPERMIN_KERNEL");
    if (named != null) {
      return Optional.of(Path.of(named)).filter(Files::isReadable);
    }
    try (Stream<Path> files = Files.list(root.resolve("boot"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(PREFIX))
          .filter(Files::isReadable)
          .filter(kernel -> Files.isDirectory(modules(root, kernel)))
          .findFirst();
    } catch (IOException noneToBeHad) {
      return Optional.empty();
    }
  }

  private static Path modules(Path root, Path kernel) {
    String version = kernel.getFileName().toString().substring(PREFIX.length());
    return root.resolve("lib/modules").resolve(version);
  }
}
