package dev.regild.cli;

import dev.regild.server.Config;
import dev.regild.server.ConfigException;
import dev.regild.store.StoreSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which store a command works on, as the server's configuration says. */
final class StoreOptions {
  private StoreOptions() {}

  /**
   * The store of a configuration file, of the environment or of a flag.
   *
   * @throws ConfigException if there is none, or its keys can't be used
   */
  static StoreSettings read(@Nullable Path config, Path data, @Nullable String store)
      throws ConfigException {
    Map<String, String> flags = new HashMap<>(Map.of("data", data.toString()));
    if (store != null && !store.isEmpty()) {
      flags.put("store", store);
    }
    return Config.read(Optional.ofNullable(config), System.getenv(), flags)
        .store()
        .orElseThrow(() ->
            new ConfigException(
                "No store is configured. Name it: --store s3://BUCKET/PREFIX, REGILD_STORE, or the key store in --config FILE."));
  }
}
