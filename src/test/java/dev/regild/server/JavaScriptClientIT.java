package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The AWS SDK for JavaScript, in the version that its lock file pins. */
class JavaScriptClientIT {
  @Test
  void oneScriptGoesThroughAllOperations(@TempDir Path directory) throws Exception {
    Path script = NodeModules.install().with(Path.of("src/test/javascript/client.mjs"));
    try (ClientsServer clients = new ClientsServer(directory)) {
      assertThat(clients.script("node", script).run()).isEmpty();
    }
  }
}
