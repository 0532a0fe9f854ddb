package dev.regild.cli.store;

import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.store.StoreSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the server's configuration for commands that work on the store. */
public final class StoreOptions {
  private StoreOptions() {}

  /**
   * Reads the configuration from a file, the environment and options.
   *
   * @param data an option; null for the directory that the configuration names
   * @param database an option; null or empty for the one that the configuration names
   * @param store an option; null or empty for the one that the configuration names
   */
  public static Config read(
      @Nullable Path config, @Nullable Path data, @Nullable String database, @Nullable String store)
      throws ConfigException {
    Map<String, String> flags = new HashMap<>();
    if (data != null) {
      flags.put("data", data.toString());
    }
    put(flags, "database", database);
    put(flags, "store", store);
    return Config.read(Optional.ofNullable(config), System.getenv(), flags);
  }

  private static void put(Map<String, String> flags, String key, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      flags.put(key, value);
    }
  }

  /**
   * Returns the store's settings.
   *
   * @throws ConfigException if there is none
   */
  public static StoreSettings store(Config config) throws ConfigException {
    return config
        .store()
        .orElseThrow(() ->
            new ConfigException(
                "No store is configured. Name it with --store s3://BUCKET/PREFIX, REGILD_STORE or the key store in --config FILE."));
  }
}
