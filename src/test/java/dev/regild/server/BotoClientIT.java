package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Debian's boto3. What Debian 12 has (1.26) is older than the imports and exports: the script loads
 * their model from the tests' resources, and says so.
 */
class BotoClientIT {
  private static final String DEBIANS = "/usr/bin/python3";

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oneScriptGoesThroughAllOperations(boolean encrypted, @TempDir Path directory)
      throws Exception {
    try (ClientsServer clients = new ClientsServer(directory)) {
      if (encrypted) {
        clients.encrypt("AWS_CA_BUNDLE");
      }
      String output =
          clients
              .script(
                  DEBIANS,
                  Path.of("src/test/python/client.py"),
                  Path.of("src/test/resources/models").toAbsolutePath().toString())
              .run();
      System.out.print(output);
      assertThat(output)
          .matches("(not in boto3 \\S+:( (CreateImportedImage|\\w+ExportImageTasks?))+\n)?");
    }
  }
}
