package dev.regild.cli;

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
        "Cancels the update, import or copy that creates an image; the image becomes FAILED."
            + " With --export, cancels an export.",
    mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin Connection connection = new Connection();

  @Parameters(
      paramLabel = "NAME",
      description = "The image that is being created; with --export, the export's task.")
  String name = "";

  @Option(names = "--export", description = "Cancel an export task.")
  boolean export;

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    String path =
        export ? JobProgress.ofExport(name) : "/regild/v1/images/" + ApiClient.segment(name);
    connection.client().post(path + "/cancel", Map.of());
    spec.commandLine()
        .getOut()
        .println("Cancelled " + (export ? "the export " : "") + name + ", which is FAILED now.");
    return 0;
  }
}
