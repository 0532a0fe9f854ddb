package dev.regild.cli;

import java.io.IOException;
import java.util.HashMap;
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
  @Mixin Connection connection = new Connection();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    ApiClient client = connection.client();
    Table table = new Table("NAME", "STATE", "PLATFORM", "VISIBILITY", "AGENT", "CREATED");
    Map<String, Object> request = new HashMap<>();
    do {
      JsonNode page = client.call("DescribeImages", request);
      for (JsonNode image : page.path("Images")) {
        table.row(
            image.path("Name").asString(""),
            image.path("State").asString(""),
            image.path("Platform").asString("-"),
            image.path("Visibility").asString(""),
            image.path("AppstreamAgentVersion").asString("-"),
            Wire.time(image.path("CreatedTime")));
      }
      request.put("NextToken", page.path("NextToken").asString(""));
    } while (!"".equals(request.get("NextToken")));
    table.print(spec.commandLine().getOut());
    return 0;
  }
}
