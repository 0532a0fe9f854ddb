package dev.regild.cli.policy;

import static dev.regild.cli.policy.RevokeCommand.text;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "revocation",
    description = "Manages revocations, which regild revoke makes.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true)
public final class RevocationCommand {
  static final String PATH = "/regild/v1/revocations";

  @Spec CommandSpec spec = CommandSpec.create();

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(
      name = "list",
      description = "Lists your revocations, the latest first.",
      mixinStandardHelpOptions = true)
  int list(@Mixin ServerConnection connection, @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    Table table = new Table("ID", "REVOKED", "IMAGES", "SINCE", "UNDONE", "REASON");
    for (JsonNode each : connection.client().get(PATH).path("revocations")) {
      table.row(
          text(each, "id"),
          text(each, "subject"),
          text(each, "count"),
          text(each, "created"),
          each.has("undone") ? text(each, "undone") : "-",
          text(each, "reason"));
    }
    output.print(out(), table);
    return 0;
  }

  @Command(
      name = "show",
      description = "Shows a revocation, its images, and who has them.",
      mixinStandardHelpOptions = true)
  int show(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "ID", description = "The revocation's id.") String id,
      @Mixin DataOutput output)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode shown = connection.client().get(PATH + "/" + ApiClient.segment(id));
    if (output.isData()) {
      output.print(out(), shown);
      return 0;
    }
    Table facts = new Table("REVOCATION", text(shown, "id"));
    facts.row("of", text(shown, "subject"));
    facts.row("reason", text(shown, "reason"));
    facts.row("since", text(shown, "created"));
    facts.row("by", text(shown, "by"));
    if (shown.has("undone")) {
      facts.row("undone", text(shown, "undone"));
    }
    facts.print(out());
    RevokeCommand.print(shown, out());
    return 0;
  }

  @Command(
      name = "undo",
      description = "Undoes a revocation: its images can be used again.",
      mixinStandardHelpOptions = true)
  int undo(
      @Mixin ServerConnection connection,
      @Parameters(paramLabel = "ID", description = "The revocation's id.") String id)
      throws ServerRefusalException, IOException, InterruptedException {
    JsonNode undone =
        connection.client().post(PATH + "/" + ApiClient.segment(id) + "/undo", Map.of());
    out().printf("The revocation of %s is undone.%n", text(undone, "subject"));
    return 0;
  }
}
