package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "flatten",
    description =
        "Merges an image's layers into one. The image keeps its lineage and its" + " history.",
    mixinStandardHelpOptions = true)
final class FlattenCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Option(names = "--wait", description = "Wait until it is done, and show each step.")
  boolean wait;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    String path = "/regild/v1/images/" + ApiClient.image(name) + "/flatten";
    int layers = client.post(path, Map.of()).path("layers").asInt(1);
    if (layers == 1) {
      out.printf("%s has one layer: there is nothing to flatten.%n", name);
    } else if (wait) {
      JsonNode job = new JobProgress(client, path, out).follow();
      if (job.path("status").asString("").equals("FAILED")) {
        throw new IOException(
            "%s was not flattened, and is as it was. %s"
                .formatted(name, job.path("reason").asString("")));
      }
      out.printf("%s now has one layer.%n", name);
    } else {
      out.printf(
          "%1$s is being flattened: %2$d layers become one. Cancel it with: ./regild cancel %1$s%n",
          name, layers);
    }
    return 0;
  }
}
