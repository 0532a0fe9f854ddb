package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.client.Wire;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(name = "images", description = "Lists the images.", mixinStandardHelpOptions = true)
final class ImagesCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    List<JsonNode> images = images(connection.client());
    if (output.isData()) {
      output.print(out, images);
      return 0;
    }
    Table table = new Table("NAME", "STATE", "PLATFORM", "VISIBILITY", "AGENT", "CREATED");
    for (JsonNode image : images) {
      table.row(
          image.path("Name").asString(""),
          image.path("State").asString(""),
          image.path("Platform").asString("-"),
          image.path("Visibility").asString(""),
          image.path("AppstreamAgentVersion").asString("-"),
          Wire.time(image.path("CreatedTime")));
    }
    table.print(out);
    return 0;
  }

  private static List<JsonNode> images(ApiClient client)
      throws ServerRefusalException, IOException, InterruptedException {
    List<JsonNode> images = new ArrayList<>();
    Map<String, Object> request = new HashMap<>();
    do {
      JsonNode page = client.call("DescribeImages", request);
      page.path("Images").forEach(images::add);
      request.put("NextToken", page.path("NextToken").asString(""));
    } while (!"".equals(request.get("NextToken")));
    return images;
  }
}
