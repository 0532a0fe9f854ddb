package dev.regild.cli;

import dev.regild.cli.client.ApiClient;
import dev.regild.cli.client.JobProgress;
import dev.regild.cli.client.Patience;
import dev.regild.cli.client.ServerConnection;
import dev.regild.cli.client.ServerRefusalException;
import dev.regild.cli.terminal.DataOutput;
import dev.regild.cli.terminal.Printable;
import dev.regild.cli.terminal.Progress;
import dev.regild.cli.terminal.Times;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** Shows what happened to an image, line by line. */
@Command(
    name = "logs",
    description =
        "Shows what the last job of an image did: each step with its times and its outcome. Exits"
            + " with 1 if the job failed.",
    mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(500);

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServerConnection connection = new ServerConnection();
  @Mixin DataOutput output = new DataOutput();

  @Parameters(paramLabel = "IMAGE", description = "The image's name.")
  String name = "";

  @Option(
      names = {"-f", "--follow"},
      description = "Print what happens until the job has ended.")
  boolean follow;

  /** What was printed already: a line for each. */
  private final Set<String> printed = new HashSet<>();

  @Override
  public Integer call() throws ServerRefusalException, IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ApiClient client = connection.client();
    String path = JobProgress.ofImage(name);
    JsonNode job = client.get(path);
    if (output.isData() && !follow) {
      output.print(out, job);
      return status(job);
    }
    // Data is alone on its stream, whatever the command waits for.
    PrintWriter notes = output.isData() ? spec.commandLine().getErr() : out;
    Patience patience = new Patience(new Progress(notes, false));
    print(job, out);
    while (follow && isRunning(job)) {
      Thread.sleep(POLL);
      job = patience.ask(() -> client.get(path));
      print(job, out);
    }
    if (output.isData()) {
      output.print(out, job);
    }
    return status(job);
  }

  private static boolean isRunning(JsonNode job) {
    return job.path("status").asString("").equals("RUNNING");
  }

  private static int status(JsonNode job) {
    return job.path("status").asString("").equals("FAILED") ? 1 : 0;
  }

  private void print(JsonNode job, PrintWriter out) {
    if (output.isData()) {
      return;
    }
    line(out, job.path("created").asString(""), "accepted", "");
    String attempt = job.path("attempt").asString("");
    if (!attempt.equals("0") && !attempt.equals("1")) {
      line(out, "", "attempt " + attempt, "the ones before were cut short");
    }
    for (JsonNode step : job.path("steps")) {
      String title = step.path("name").asString("");
      String started = step.path("started").asString("");
      String ended = step.path("ended").asString("");
      String detail = step.path("detail").asString("");
      line(out, started, title + " started", attempt.equals("1") ? "" : "attempt " + attempt);
      if (!ended.isEmpty()) {
        boolean failed = step.path("status").asString("").equals("FAILED");
        String took = Times.text(Duration.between(Instant.parse(started), Instant.parse(ended)));
        line(
            out,
            ended,
            title + (failed ? " failed" : " done"),
            took + (detail.isEmpty() ? "" : ": " + detail));
      }
    }
    String reason = job.path("reason").asString("");
    if (!isRunning(job)) {
      line(out, "", job.path("state").asString(""), reason);
    } else if (!reason.isEmpty()) {
      line(out, "", "waits", reason);
    }
  }

  /** Prints a line once. */
  private void line(PrintWriter out, String time, String what, String detail) {
    String text =
        Printable.line(String.format("%-24s  %-18s  %s", brief(time), what, detail))
            .stripTrailing();
    if (printed.add(text)) {
      out.println(text);
      out.flush();
    }
  }

  /** To the millisecond. */
  private static String brief(String time) {
    return time.isEmpty()
        ? ""
        : Instant.ofEpochMilli(Instant.parse(time).toEpochMilli()).toString();
  }
}
