package dev.regild.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Shows an update while it runs: each step with its time. */
final class UpdateView {
  private static final Duration POLL = Duration.ofMillis(300);

  private final ApiClient client;
  private final String imageName;
  private final Progress progress;
  private final Patience patience;
  private int attemptShown;
  private int stepsShown;

  UpdateView(ApiClient client, String imageName, PrintWriter out) {
    this.client = client;
    this.imageName = imageName;
    this.progress = new Progress(out, Progress.onTerminal());
    this.patience = new Patience(progress);
  }

  /**
   * Shows every step until the update has ended, through restarts of the server.
   *
   * @return the new image, AVAILABLE or FAILED
   */
  JsonNode follow() throws ServerRefusalException, IOException, InterruptedException {
    while (true) {
      JsonNode update = patience.ask(() -> client.get(path(imageName)));
      show(update);
      if (!update.path("status").asString("").equals("RUNNING")) {
        return Wire.awaitFinal(client, imageName, patience);
      }
      Thread.sleep(POLL);
    }
  }

  /** Where the server tells of the update that makes an image. */
  static String path(String imageName) {
    return "/regild/v1/updates/" + ApiClient.segment(imageName);
  }

  /** Prints the steps of an update so far, the running one with how far it is. */
  static void print(JsonNode update, PrintWriter out) {
    for (JsonNode step : update.path("steps")) {
      String name = step.path("name").asString("");
      out.println(
          step.path("status").asString("").equals("RUNNING")
              ? String.format(
                  "%-10s %8.0f %%", name, 100 * Math.clamp(step.path("progress").asDouble(0), 0, 1))
              : line(step, name));
    }
  }

  private void show(JsonNode update) {
    int attempt = update.path("attempt").asInt(0);
    if (attempt > attemptShown) {
      if (attemptShown > 0) {
        progress.done("The server restarted; the update starts over.");
      }
      attemptShown = attempt;
      stepsShown = 0;
    }
    JsonNode steps = update.path("steps");
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
