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
import picocli.CommandLine.Parameters;

@Command(
    name = "vex",
    description =
        "Writes an OpenVEX document for scanners: the CVEs that the update that made an"
            + " image fixed.",
    mixinStandardHelpOptions = true)
final class VexCommand implements Callable<Integer> {
  @Mixin ServerConnection connection = new ServerConnection();
  @Mixin OutputOption output = new OutputOption();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    String path = "/regild/v1/images/%s/vex".formatted(ApiClient.image(name));
    try (InputStream content = connection.client().open(path).body()) {
      output.write(content);
    }
    return 0;
  }
}
