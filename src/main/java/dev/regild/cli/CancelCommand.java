package dev.regild.cli;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "cancel",
    description = "Cancels the update or import that creates an image; the image becomes FAILED.",
    mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin Connection connection = new Connection();

  @Parameters(paramLabel = "NAME", description = "The image that is being created.")
  String name = "";

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    connection.client().post("/regild/v1/images/" + ApiClient.segment(name) + "/cancel", Map.of());
    spec.commandLine().getOut().println("Cancelled " + name + ", which is FAILED now.");
    return 0;
  }
}
