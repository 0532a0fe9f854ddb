package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.AccessKey;
import dev.regild.console.session.Sessions;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import dev.regild.machine.Program;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/** Measures the console among 100,000 images, and prints a table; see bench/console.sh. */
final class ConsoleBench {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleBench.class);
  private static final PrintStream OUT = System.out;
  private static final int STREAMS = 200;
  private static final int CALLS = 2_000;
  private static final Duration IDLE = Duration.ofSeconds(10);

  private final ServerFixture server;
  private final AccessKey key;
  private final Image running;

  private ConsoleBench(ServerFixture server, AccessKey key, Image running) {
    this.server = server;
    this.key = key;
    this.running = running;
  }

  /**
   * Makes the registry, then measures.
   *
   * @param arguments an empty directory for the server's data
   */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[0]);
    AccessKey key = LargeRegistry.create(data);
    Owner owner = new Owner(key.account().id(), "us-east-1");
    try (ServerFixture server = new ServerFixture(data)) {
      Image running =
          Image.importing(
              owner, "running", Optional.empty(), Optional.empty(), List.of(), Instant.now());
      server.database.useTransaction(handle -> {
        AccountQuotas.put(handle, owner.accountId(), Quota.EVENT_STREAMS, 2 * STREAMS);
        Images.insert(handle, running);
        server.steps.begin(handle, running.id(), 1, 1, "Check");
      });
      ConsoleBench bench = new ConsoleBench(server, key, running);
      bench.pages();
      bench.streams();
    }
    System.exit(0);
  }

  /** What a browser sees. */
  private void pages() throws Exception {
    Path script = NodeModules.install().with(Path.of("src/test/javascript/console-bench.mjs"));
    String scene =
        JsonMapper.shared()
            .writeValueAsString(
                Map.of(
                    "url",
                    server.uri("").toString(),
                    "key",
                    key.id(),
                    "secret",
                    key.secret(),
                    "pid",
                    String.valueOf(ProcessHandle.current().pid())));
    OUT.print(
        new Program(
                List.of("node", script.toString(), scene), Duration.ofMinutes(5), System.getenv())
            .run());
  }

  private void streams() throws Exception {
    long[] alone = calls();
    CountDownLatch open = new CountDownLatch(STREAMS);
    AtomicLong shown = new AtomicLong();
    HttpClient http = HttpClient.newHttpClient();
    String token =
        server
            .sessions
            .open(new Sessions.Login(key.id(), "us-east-1"), "127.0.0.1", "bench")
            .token();
    for (int i = 0; i < STREAMS; i++) {
      Thread.ofVirtual().start(() -> follow(http, token, open, shown));
    }
    if (!open.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException("not all streams were opened");
    }
    Duration before = cpu();
    Thread.sleep(IDLE);
    OUT.printf(
        "%d open streams, nothing changes: %.2f %% of a core for each%n",
        STREAMS, 100.0 * cpu().minus(before).toMillis() / IDLE.toMillis() / STREAMS);
    long[] beside = calls();
    OUT.printf(
        "API (DescribeImages), p99: %.1f ms alone, %.1f ms beside %d open pages: %.2f times (goal 1.5)%n",
        alone[CALLS * 99 / 100] / 1e6,
        beside[CALLS * 99 / 100] / 1e6,
        STREAMS,
        (double) beside[CALLS * 99 / 100] / alone[CALLS * 99 / 100]);
    long now = System.nanoTime();
    shown.set(0);
    server.database.useTransaction(
        handle -> server.steps.progress(handle, running.id(), 1, 1, 0.5, "half"));
    while (shown.get() == 0) {
      Thread.sleep(1);
    }
    OUT.printf(
        "a step's progress shows after %d ms (goal 1000)%n", (shown.get() - now) / 1_000_000);
  }

  private void follow(HttpClient http, String token, CountDownLatch open, AtomicLong shown) {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/console/images/running/events"))
            .header("Cookie", "regild-session=" + token)
            .build();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                http.send(request, BodyHandlers.ofInputStream()).body(), UTF_8))) {
      boolean first = true;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (first) {
          open.countDown();
          first = false;
        }
        if (line.contains("half")) {
          shown.compareAndSet(0, System.nanoTime());
        }
      }
    } catch (IOException e) {
      LOG.debug("the server ends", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long[] calls() throws Exception {
    long[] nanos = new long[CALLS];
    for (int i = -CALLS; i < CALLS; i++) {
      long start = System.nanoTime();
      server.ask(
          key, "DescribeImages", "{\"Names\":[\"" + LargeRegistry.name(Math.abs(i)) + "\"]}");
      if (i >= 0) {
        nanos[i] = System.nanoTime() - start;
      }
    }
    Arrays.sort(nanos);
    return nanos;
  }

  private static Duration cpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }
}
