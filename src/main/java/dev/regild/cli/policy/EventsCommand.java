package dev.regild.cli.policy;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "events",
    description =
        "Shows what has happened to images, channels and schedules, the newest last. As data, each"
            + " event is a CloudEvent: a line of JSON, or a document of YAML.",
    mixinStandardHelpOptions = true)
public final class EventsCommand implements Callable<Integer> {
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();

  @Option(
      names = "--after",
      paramLabel = "NUMBER",
      description = "Only events after this number. Default: the last 100.")
  @Nullable Long after;

  @Option(
      names = "--follow",
      description = "Continue, and show each event when it happens, until interrupted.")
  boolean follow;

  @Mixin DataOutput output = new DataOutput();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    ApiClient client = connection.client();
    String from = after == null ? "" : "?limit=1000&after=" + after;
    while (true) {
      JsonNode page = client.get("/regild/v1/events" + from);
      page.path("events").forEach(this::print);
      from = "?limit=1000&after=" + page.path("next").asLong(0);
      if (page.path("events").isEmpty()) {
        if (!follow) {
          return 0;
        }
        Thread.sleep(BETWEEN_LOOKS);
      }
    }
  }

  private void print(JsonNode event) {
    PrintWriter out = spec.commandLine().getOut();
    if (output.isData()) {
      output.printNext(out, event);
      return;
    }
    String number = event.path("sequence").asString("").replaceFirst("^0+(?=.)", "");
    StringBuilder line = new StringBuilder();
    line.append(number)
        .append("  ")
        .append(event.path("time").asString(""))
        .append("  ")
        .append(event.path("type").asString("").replaceFirst("^dev\\.regild\\.", ""))
        .append("  ")
        .append(event.path("subject").asString(""));
    event
        .path("data")
        .properties()
        .forEach(each ->
            line.append("  ")
                .append(each.getKey())
                .append('=')
                .append(
                    each.getValue().isString()
                        ? each.getValue().asString()
                        : each.getValue().toString()));
    out.println(Printable.line(line.toString()));
    out.flush();
  }
}
