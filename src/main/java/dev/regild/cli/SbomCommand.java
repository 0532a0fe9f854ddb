package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.OutputOption;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "sbom",
    description = "Writes an image's bill of materials as JSON: CycloneDX 1.6 or SPDX 2.3.",
    mixinStandardHelpOptions = true)
final class SbomCommand implements Callable<Integer> {
  @Mixin ServerConnection connection = new ServerConnection();
  @Mixin OutputOption output = new OutputOption();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "cyclonedx",
      description = "The format: cyclonedx or spdx. Default: ${DEFAULT-VALUE}.")
  String format = "cyclonedx";

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    String path =
        "/regild/v1/images/%s/sbom?format=%s"
            .formatted(ApiClient.image(name), ApiClient.segment(format));
    try (InputStream content = connection.client().open(path).body()) {
      output.write(content);
    }
    return 0;
  }
}
