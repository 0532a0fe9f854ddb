package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's boto3. What Debian 12 has (1.26) is older than the imports and exports: the script loads
 * their model from the tests' resources, and says so.
 */
class BotoClientIT {
  private static final String DEBIANS = "/usr/bin/python3";

  @Test
  void oneScriptGoesThroughAllOperations(@TempDir Path directory) throws Exception {
    try (ClientsServer clients = new ClientsServer(directory)) {
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
