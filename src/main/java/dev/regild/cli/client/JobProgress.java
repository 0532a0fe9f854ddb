package dev.regild.cli.client;

import dev.regild.cli.terminal.InterruptionNotice;
import dev.regild.cli.terminal.Progress;
import dev.regild.cli.terminal.Times;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Shows a job while it runs: each step with its time. */
public final class JobProgress {
  private static final Duration POLL = Duration.ofMillis(300);

  private final ApiClient client;
  private final String path;
  private final Progress progress;
  private final Patience patience;
  private int attemptShown;
  private int stepsShown;
  private String waitingShown = "";

  /**
   * @param path where the server tells of the job
   */
  public JobProgress(ApiClient client, String path, PrintWriter out) {
    this.client = client;
    this.path = path;
    this.progress = new Progress(out, Progress.onTerminal());
    this.patience = new Patience(progress);
  }

  /**
   * Shows every step until the job has ended, through restarts of the server.
   *
   * @return the job then, SUCCEEDED or FAILED
   */
  public JsonNode follow() throws ServerRefusalException, IOException, InterruptedException {
    while (true) {
      JsonNode job = patience.ask(() -> client.get(path));
      show(job);
      if (!job.path("status").asString("").equals("RUNNING")) {
        return job;
      }
      Thread.sleep(POLL);
    }
  }

  /** Where the server tells of the job that makes an image. */
  public static String ofImage(String name) {
    return "/regild/v1/images/" + ApiClient.image(name) + "/job";
  }

  /** Where the server tells of an export. */
  public static String ofExport(String task) {
    return "/regild/v1/exports/" + ApiClient.segment(task);
  }

  /**
   * Waits for the image that a job makes, and shows every step.
   *
   * @return the image, AVAILABLE
   * @throws IOException if it FAILED, with the reason
   */
  public static JsonNode await(ApiClient client, String image, PrintWriter out)
      throws ServerRefusalException, IOException, InterruptedException {
    try (InterruptionNotice _ = new InterruptionNotice(out, image)) {
      JobProgress progress = new JobProgress(client, ofImage(image), out);
      JsonNode job = progress.follow();
      if (job.path("status").asString("").equals("FAILED")) {
        throw new IOException(
            "The image %s FAILED. %s"
                .formatted(image, job.path("reason").asString("it gives no reason")));
      }
      return progress.patience.ask(() -> Wire.image(client, image));
    }
  }

  /** Prints the steps of a job so far, the running one with how far it is. */
  public static void print(JsonNode job, PrintWriter out) {
    waiting(job).ifPresent(out::println);
    for (JsonNode step : job.path("steps")) {
      String name = step.path("name").asString("");
      out.println(
          step.path("status").asString("").equals("RUNNING")
              ? String.format(
                  "%-10s %8.0f %%", name, 100 * Math.clamp(step.path("progress").asDouble(0), 0, 1))
              : line(step, name));
    }
  }

  /** Returns why no node can run it. */
  private static Optional<String> waiting(JsonNode job) {
    return job.path("status").asString("").equals("RUNNING")
        ? Optional.of(job.path("reason").asString("")).filter(reason -> !reason.isEmpty())
        : Optional.empty();
  }

  private void show(JsonNode job) {
    String waiting = waiting(job).orElse("");
    if (!waiting.equals(waitingShown)) {
      waitingShown = waiting;
      if (!waiting.isEmpty()) {
        progress.done(waiting);
      }
    }
    int attempt = job.path("attempt").asInt(0);
    if (attempt > attemptShown) {
      if (attemptShown > 0) {
        progress.done("The attempt was cut short; the job starts over.");
      }
      attemptShown = attempt;
      stepsShown = 0;
    }
    JsonNode steps = job.path("steps");
    for (int i = stepsShown; i < steps.size(); i++) {
      JsonNode step = steps.path(i);
      String name = step.path("name").asString("");
      if (step.path("status").asString("").equals("RUNNING")) {
        progress.show(name, step.path("progress").asDouble(0));
        return;
      }
      progress.done(line(step, name));
      stepsShown++;
    }
  }

  private static String line(JsonNode step, String name) {
    boolean failed = step.path("status").asString("").equals("FAILED");
    String detail = step.path("detail").asString("");
    String time = time(step).map(Times::text).orElse("");
    return String.format("%-10s %9s  %s%s", name, time, failed ? "FAILED " : "", detail);
  }

  private static Optional<Duration> time(JsonNode step) {
    String started = step.path("started").asString("");
    String ended = step.path("ended").asString("");
    return started.isEmpty() || ended.isEmpty()
        ? Optional.empty()
        : Optional.of(Duration.between(Instant.parse(started), Instant.parse(ended)));
  }
}
