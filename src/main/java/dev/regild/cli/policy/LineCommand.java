package dev.regild.cli.policy;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "line",
    description =
        "Manages lines. A line is an image and its later versions, under one name. Schedules update"
            + " lines. Each update of an image joins the image's line.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class LineCommand {
  private static final String PATH = "/regild/v1/lines";

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "add",
      description =
          "Adds an image to a line, with the images that it is an update of and their updates."
              + " Creates the line if needed.",
      mixinStandardHelpOptions = true)
  int add(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "LINE", description = "The line's name.") String line,
      @Parameters(paramLabel = "IMAGE", description = "An image, or an alias.") String image)
      throws ServerRefusalException, IOException, InterruptedException {
    var _ = connection.client().post(path(line), Map.of("image", image));
    out().printf("%s is in the line %s.%n", image, line);
    return 0;
  }

  @Command(name = "list", description = "Lists the lines.", mixinStandardHelpOptions = true)
  int list(@Mixin ServerConnection connection, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("LINE");
    connection.client().get(PATH).path("lines").forEach(line -> table.row(line.asString("")));
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "show",
      description = "Shows the images of a line, the newest first.",
      mixinStandardHelpOptions = true)
  int show(
      @Mixin ServerConnection connection,
      @Mixin DataOutput output,
      @Parameters(paramLabel = "LINE", description = "The line's name.") String line)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("IMAGE", "STATE", "CREATED", "ALIASES");
    for (JsonNode image : connection.client().get(path(line)).path("images")) {
      table.row(
          image.path("image").asString(""),
          image.path("state").asString(""),
          image.path("created").asString(""),
          image
              .path("aliases")
              .valueStream()
              .map(alias -> alias.asString(""))
              .collect(Collectors.joining(", ")));
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes an image from a line.",
      mixinStandardHelpOptions = true)
  int remove(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "LINE", description = "The line's name.") String line,
      @Parameters(paramLabel = "IMAGE", description = "An image, or an alias.") String image)
      throws ServerRefusalException, IOException, InterruptedException {
    connection.client().delete(path(line) + "/" + ApiClient.image(image));
    out().printf("%s is not in the line %s any more.%n", image, line);
    return 0;
  }

  private static String path(String line) {
    return PATH + "/" + ApiClient.segment(line);
  }
}
