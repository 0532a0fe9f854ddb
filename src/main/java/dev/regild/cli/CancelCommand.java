package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "cancel",
    description =
        "Cancels the update, import or copy that is creating an image. The image"
            + " becomes FAILED. With --export, cancels an export.",
    mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(
      paramLabel = "NAME",
      description =
          "The name of the image that is being created; with --export, the id of the"
              + " export task.")
  String name = "";

  @Option(names = "--export", description = "Cancel an export task.")
  boolean export;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    String path =
        export ? JobProgress.ofExport(name) : "/regild/v1/images/" + ApiClient.image(name);
    String state =
        connection.client().post(path + "/cancel", Map.of()).path("state").asString("FAILED");
    spec.commandLine()
        .getOut()
        .printf("Cancelled %s%s, which is %s now.%n", export ? "the export " : "", name, state);
    return 0;
  }
}
