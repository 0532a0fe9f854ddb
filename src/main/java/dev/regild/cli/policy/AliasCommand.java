package dev.regild.cli.policy;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "alias",
    description =
        "Manages aliases. An alias such as golden/prod stands for one image of the line golden, and"
            + " can move to another. It works wherever an image's name does.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class AliasCommand {
  private static final String PATH = "/regild/v1/aliases";

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "set",
      description = "Points an alias to an image. Creates the alias and its line if needed.",
      mixinStandardHelpOptions = true)
  int set(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "ALIAS", description = "Such as golden/prod.") String alias,
      @Parameters(paramLabel = "IMAGE", description = "An image, or another alias.") String image)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode moved = connection.client().post(PATH, Map.of("alias", alias, "image", image));
    out().printf("%s names %s.%n", text(moved, "alias"), text(moved, "image"));
    return 0;
  }

  @Command(name = "list", description = "Lists the aliases.", mixinStandardHelpOptions = true)
  int list(@Mixin ServerConnection connection, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("ALIAS", "IMAGE", "SINCE");
    for (JsonNode alias : connection.client().get(PATH).path("aliases")) {
      table.row(text(alias, "alias"), text(alias, "image"), text(alias, "moved"));
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "history",
      description = "Shows every move of an alias, the newest first.",
      mixinStandardHelpOptions = true)
  int history(
      @Mixin ServerConnection connection,
      @Mixin DataOutput output,
      @Parameters(paramLabel = "ALIAS", description = "Such as golden/prod.") String alias)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("NUMBER", "TIME", "ACT", "IMAGE", "BY");
    for (JsonNode move : connection.client().get(path(alias)).path("moves")) {
      table.row(
          move.path("number").asString(""),
          text(move, "moved"),
          text(move, "act").toLowerCase(Locale.ROOT),
          text(move, "image"),
          text(move, "by"));
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "rollback",
      description = "Moves an alias back to the image that it named before.",
      mixinStandardHelpOptions = true)
  int rollback(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "ALIAS", description = "Such as golden/prod.") String alias)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode moved = connection.client().post(path(alias) + "/rollback", Map.of());
    out().printf("%s names %s again.%n", text(moved, "alias"), text(moved, "image"));
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes an alias. Its history stays.",
      mixinStandardHelpOptions = true)
  int remove(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "ALIAS", description = "Such as golden/prod.") String alias)
      throws ServerRefusalException, IOException, InterruptedException {
    connection.client().delete(path(alias));
    out().printf("Removed %s.%n", alias);
    return 0;
  }

  /** A name without a separator is refused by the server, with words. */
  private static String path(String alias) {
    int slash = Math.max(alias.indexOf('/'), alias.indexOf(':'));
    String line = slash < 0 ? alias : alias.substring(0, slash);
    String name = slash < 0 ? " " : alias.substring(slash + 1);
    return PATH
        + "/"
        + ApiClient.segment(line)
        + "/"
        + ApiClient.segment(name.isEmpty() ? " " : name);
  }

  private static String text(JsonNode node, String member) {
    return node.path(member).asString("");
  }
}
