package dev.regild.cli.store;

import dev.regild.server.backup.BackupTarget;
import dev.regild.server.backup.DirectoryTarget;
import dev.regild.server.backup.ObjectTarget;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The place of backups on a command line: a directory or a bucket. */
public final class BackupPlace {
  @Parameters(
      paramLabel = "DIR|s3://BUCKET/PREFIX",
      description = "Where the backups are: a directory, or a bucket and a prefix.")
  String place = "";

  @Option(
      names = "--s3-endpoint",
      paramLabel = "URL",
      description = "The address of the S3 service of the backups. Default: AWS.")
  @Nullable String endpoint;

  @Option(
      names = "--s3-region",
      paramLabel = "REGION",
      description = "The region that requests to it are signed for. Default: us-east-1.")
  @Nullable String region;

  /**
   * Opens the place.
   *
   * @param scratch a directory for temporary files, if it is a bucket
   */
  BackupTarget open(Path scratch) throws ConfigException, IOException {
    if (!place.startsWith("s3:")) {
      if (endpoint != null || region != null) {
        throw new ConfigException(
            "--s3-endpoint and --s3-region are for buckets, and %s is a directory. Leave them out."
                .formatted(place));
      }
      return new DirectoryTarget(Path.of(place));
    }
    Map<String, String> keys = new HashMap<>();
    keys.put("store", place);
    if (endpoint != null) {
      keys.put("store.endpoint", endpoint);
    }
    if (region != null) {
      keys.put("store.region", region);
    }
    Config config = Config.read(Optional.empty(), Map.of(), keys);
    return ObjectTarget.of(new ObjectStore(StoreOptions.store(config)), scratch);
  }
}
