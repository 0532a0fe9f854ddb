package dev.regild.files;

import java.nio.file.Path;
import java.util.Map;

/** Where what can be made again is kept: {@code REGILD_CACHE}, else the user's own cache. */
public final class CacheDirectory {
  private CacheDirectory() {}

  /** The directory, whether it is there or not. */
  public static Path of(Map<String, String> environment) {
    String own = environment.getOrDefault("REGILD_CACHE", "");
    if (!own.isEmpty()) {
      return Path.of(own);
    }
    String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path base =
        shared.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(shared);
    return base.resolve("regild");
  }
}
