package dev.regild.cli;

import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "delete",
    description = "Deletes an image and the layers that no other image uses.",
    mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Parameters(paramLabel = "NAME", description = "The image's name.")
  String name = "";

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    connection.client().call("DeleteImage", Map.of("Name", name));
    spec.commandLine().getOut().println("Deleted " + name + ".");
    return 0;
  }
}
