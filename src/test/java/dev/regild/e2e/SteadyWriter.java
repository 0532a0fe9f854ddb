package dev.regild.e2e;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A client that writes one number after the other, so that an outage of the database finds a
 * transaction under way. No number that was answered with success may be lost.
 */
final class SteadyWriter implements AutoCloseable {
  private static final String TAG = "count";

  /** So that it leaves the processor to the updates. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final ServerProcess server;
  private final String arn;
  private final AtomicBoolean going = new AtomicBoolean(true);
  private final Thread thread = Thread.ofVirtual().name("steady-writer").unstarted(this::run);
  private volatile int written;
  private volatile int tried;
  private volatile Exception failure;

  private SteadyWriter(ServerProcess server, String arn) {
    this.server = server;
    this.arn = arn;
  }

  /** Begins to tag an image with numbers. */
  static SteadyWriter start(ServerProcess server, String image) throws Exception {
    String arn =
        server
            .call("DescribeImages", Map.of("Names", List.of(image)))
            .body()
            .path("Images")
            .path(0)
            .path("Arn")
            .asString();
    SteadyWriter writer = new SteadyWriter(server, arn);
    writer.thread.start();
    return writer;
  }

  private void run() {
    try {
      while (going.get()) {
        int next = tried + 1;
        tried = next;
        ServerProcess.Answer answer =
            server.call(
                "TagResource",
                Map.of("ResourceArn", arn, "Tags", Map.of(TAG, Integer.toString(next))));
        if (answer.status() == 200) {
          written = next;
        } else {
          FaultsBench.require(answer.status() == 503, answer.toString());
        }
        Thread.sleep(PAUSE);
      }
    } catch (Exception | AssertionError e) {
      failure = new IllegalStateException("the writer failed after " + written, e);
    }
  }

  /** Ends it, and requires that nothing was lost; returns how many numbers were written. */
  int requireNothingLost() throws Exception {
    close();
    if (failure != null) {
      throw failure;
    }
    ServerProcess.Answer tags = server.call("ListTagsForResource", Map.of("ResourceArn", arn));
    int found = Integer.parseInt(tags.body().path("Tags").path(TAG).asString("0"));
    // What was tried last may or may not have been written.
    FaultsBench.require(
        found == written || found == tried,
        "%d was written and %d tried, but %d found".formatted(written, tried, found));
    return written;
  }

  @Override
  public void close() {
    going.set(false);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
