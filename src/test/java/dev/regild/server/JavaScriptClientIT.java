package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The AWS SDK for JavaScript, in the version that its lock file pins. */
class JavaScriptClientIT {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oneScriptGoesThroughAllOperations(boolean encrypted, @TempDir Path directory)
      throws Exception {
    Path script = NodeModules.install().with(Path.of("src/test/javascript/client.mjs"));
    try (ClientsServer clients = new ClientsServer(directory)) {
      if (encrypted) {
        clients.encrypt("NODE_EXTRA_CA_CERTS");
      }
      assertThat(clients.script("node", script).run()).isEmpty();
    }
  }
}
