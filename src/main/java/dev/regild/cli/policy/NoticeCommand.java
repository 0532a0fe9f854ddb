package dev.regild.cli.policy;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "notice",
    description = "Sends events to webhooks and by e-mail.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class NoticeCommand {
  private static final String PATH = "/regild/v1/notices";

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "add",
      description =
          "Adds a notice, and prints the secret that deliveries to a webhook are signed with.",
      mixinStandardHelpOptions = true)
  int add(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The notice's name.") String name,
      @Option(
              names = "--to",
              paramLabel = "ADDRESS",
              required = true,
              description =
                  "Where events are sent: https://HOST/PATH, or an e-mail address such as"
                      + " ops@example.com.")
          String to,
      @Option(
              names = "--event",
              paramLabel = "TYPE",
              description =
                  "Only events of this type, such as image.update-failed. Repeat it for several.")
          @Nullable List<String> events)
      throws ServerRefusalException, IOException, InterruptedException {
    List<String> types = events == null ? List.of() : new ArrayList<>(events);
    JsonNode added =
        connection
            .client()
            .post(PATH, Map.of("name", name, "spec", Map.of("to", to, "events", types)));
    out()
        .println(
            added.has("secret")
                ? "Added %s. Its deliveries are signed with: %s"
                    .formatted(name, added.path("secret").asString(""))
                : "Added %s.".formatted(name));
    return 0;
  }

  @Command(
      name = "list",
      description = "Lists the notices, with the state of their deliveries.",
      mixinStandardHelpOptions = true)
  int list(@Mixin ServerConnection connection, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("NAME", "TO", "DELIVERED", "WAITING", "GIVEN UP", "PROBLEM");
    for (JsonNode notice : connection.client().get(PATH).path("notices")) {
      table.row(
          notice.path("name").asString(""),
          notice.at("/spec/to").asString(""),
          notice.path("delivered").asString("0"),
          notice.path("waiting").asString("0"),
          notice.path("givenUp").asString("0"),
          notice.path("problem").asString(""));
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "secret",
      description = "Prints the secret that a notice's deliveries are signed with.",
      mixinStandardHelpOptions = true)
  int secret(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The notice's name.") String name)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode notice =
        connection.client().post(PATH + "/" + ApiClient.segment(name) + "/secret", Map.of());
    out().println(notice.path("secret").asString(""));
    return 0;
  }

  @Command(
      name = "remove",
      description = "Removes a notice, with the events that it has not delivered.",
      mixinStandardHelpOptions = true)
  int remove(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "NAME", description = "The notice's name.") String name)
      throws ServerRefusalException, IOException, InterruptedException {
    connection.client().delete(PATH + "/" + ApiClient.segment(name));
    out().printf("Removed %s.%n", name);
    return 0;
  }
}
