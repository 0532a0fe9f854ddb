package dev.regild.machine;

import dev.regild.files.CacheDirectory;
import dev.regild.files.PrivateDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where libguestfs keeps the appliance that it has built: a directory of our user's. By itself it
 * takes {@code /var/tmp/.guestfs-UID}, a name that every local user can take before us; libguestfs
 * notices, and then starts no appliance at all.
 */
final class ApplianceCache {
  private static final Logger LOG = LoggerFactory.getLogger(ApplianceCache.class);

  private ApplianceCache() {}

  /** Empty if the operator has named one by libguestfs' own variable, or none can be made. */
  static Optional<Path> find() {
    return find(System.getenv());
  }

  static Optional<Path> find(Map<String, String> environment) {
    if (!environment.getOrDefault("LIBGUESTFS_CACHEDIR", "").isEmpty()) {
      return Optional.empty();
    }
    Path cache = CacheDirectory.of(environment).toAbsolutePath();
    try {
      Files.createDirectories(cache);
      return Optional.of(PrivateDirectory.take(cache.resolve("appliance")).path());
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("directory", cache)
          .addKeyValue("reason", e.getMessage())
          .log(
              "libguestfs keeps its appliance in /var/tmp, where any user can create it first;"
                  + " set REGILD_CACHE to a directory of the server's user");
      return Optional.empty();
    }
  }
}
