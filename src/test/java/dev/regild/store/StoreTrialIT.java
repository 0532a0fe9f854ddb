package dev.regild.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code doctor --store} tries, against a real S3 server. */
class StoreTrialIT {
  @TempDir Path directory;

  @Test
  void theServerCanDoAllThatIsNeeded() throws Exception {
    try (S3Proxy server = S3Proxy.start(directory.resolve("s3"));
        ObjectStore store =
            S3Proxy.store(server.endpoint(), UUID.randomUUID().toString(), StoreLimits.DEFAULT)) {
      assertThat(new StoreTrial(store, directory).run())
          .hasSize(8)
          .allSatisfy(outcome -> assertThat(outcome.problem()).as(outcome.what()).isEmpty());
      assertThat(store.list("")).isEmpty();
    }
  }
}
