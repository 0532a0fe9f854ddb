package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import dev.regild.disk.ByteCount;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "disks",
    description = "Lists the uploaded and exported disks.",
    mixinStandardHelpOptions = true)
final class DisksCommand implements Callable<Integer> {
  private static final String PATH = "/regild/v1/disks";

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    JsonNode disks = connection.client().get(PATH).path("disks");
    if (output.isData()) {
      output.print(spec.commandLine().getOut(), disks);
      return 0;
    }
    Table table = new Table("ID", "ORIGIN", "FORMAT", "SIZE", "RECEIVED");
    for (JsonNode disk : disks) {
      table.row(
          disk.path("diskId").asString(""),
          disk.path("origin").asString(""),
          disk.path("format").asString(""),
          ByteCount.text(disk.path("bytes").asLong(0)),
          disk.path("received").asString(""));
    }
    table.print(spec.commandLine().getOut());
    return 0;
  }

  @Command(name = "delete", description = "Deletes a disk.", mixinStandardHelpOptions = true)
  int delete(
      @Mixin ServerConnection server,
      @Parameters(paramLabel = "ID", description = "The disk's id (ami-…).") String id)
      throws ServerRefusalException, IOException, InterruptedException {
    server.client().delete(PATH + "/" + ApiClient.segment(id));
    spec.commandLine().getOut().println("Deleted " + id + ".");
    return 0;
  }
}
