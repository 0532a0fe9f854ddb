package dev.regild.store;

import dev.regild.files.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * Compares how fast an object of a real S3 server arrives, verified, with what curl gets. Run by
 * bench/store.sh.
 */
final class StoreReadBench {
  private static final int ROUNDS = 5;

  private StoreReadBench() {}

  /**
   * Measures.
   *
   * @param args a directory with room for three times the object, and the object's size in MiB
   */
  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    int mebibytes = Integer.parseInt(args[1]);
    Path file = directory.resolve("object");
    byte[] mebibyte = new byte[1 << 20];
    Random random = new Random(1);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < mebibytes; i++) {
        random.nextBytes(mebibyte);
        out.write(mebibyte);
      }
    }
    System.out.printf("object of %d MiB, medians of %d%n", mebibytes, ROUNDS);
    String sha256 = Sha256.of(file);
    long bytes = Files.size(file);
    try (S3Proxy server = S3Proxy.start(directory.resolve("s3"));
        ObjectStore store = S3Proxy.store(server.endpoint(), "bench", StoreLimits.DEFAULT)) {
      store.write("object", file, sha256);
      Files.delete(file);
      List<Cost> curl = new ArrayList<>();
      List<Cost> ours = new ArrayList<>();
      for (int round = -1; round < ROUNDS; round++) {
        Cost byCurl = cost(() -> curl(server, directory.resolve("back")));
        Cost byUs =
            cost(() -> {
              Path back = directory.resolve("back");
              if (!store.read("object", bytes, back).equals(sha256)) {
                throw new IllegalStateException("the object arrived damaged");
              }
              // As curl's file: what stays is written to the disk meanwhile.
              Files.delete(back);
            });
        // The first round only warms both up.
        if (round >= 0) {
          curl.add(byCurl);
          ours.add(byUs);
        }
      }
      double gibibytes = bytes / (double) (1 << 30);
      print("curl", gibibytes, curl);
      print("read and verified", gibibytes, ours);
      System.out.printf(
          Locale.ROOT,
          "ratio %.2f (goal 0.7); of the processor time of client and server %.2f%n",
          median(curl, Cost::seconds) / median(ours, Cost::seconds),
          median(curl, Cost::processor) / median(ours, Cost::processor));
    }
  }

  /**
   * What one read took, in seconds.
   *
   * @param client processor time of this process and of the programs that it has waited for
   * @param server processor time of the server
   */
  private record Cost(double seconds, double client, double server) {
    double processor() {
      return client + server;
    }
  }

  private static double median(List<Cost> costs, ToDoubleFunction<Cost> part) {
    return costs.stream().mapToDouble(part).sorted().toArray()[costs.size() / 2];
  }

  private static void print(String who, double gibibytes, List<Cost> costs) {
    System.out.printf(
        Locale.ROOT,
        "%-18s %5.0f MiB/s, processor time for a GiB: client %.2f s, server %.2f s%n",
        who,
        1024 * gibibytes / median(costs, Cost::seconds),
        median(costs, Cost::client) / gibibytes,
        median(costs, Cost::server) / gibibytes);
  }

  private interface Read {
    void run() throws Exception;
  }

  private static Cost cost(Read read) throws Exception {
    long start = System.nanoTime();
    double client = client();
    double server = server();
    read.run();
    return new Cost((System.nanoTime() - start) / 1e9, client() - client, server() - server);
  }

  /** See proc(5): the times of a process and of its children that have ended, in 1/100 s. */
  private static double client() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = 0;
    for (int field = 11; field <= 14; field++) {
      ticks += Long.parseLong(fields[field]);
    }
    return ticks / 100.0;
  }

  private static double server() {
    return ProcessHandle.current()
        .descendants()
        .mapToDouble(it -> it.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9)
        .sum();
  }

  private static void curl(S3Proxy server, Path target) throws Exception {
    Map<String, String> key = S3Proxy.credentials();
    Process curl =
        new ProcessBuilder(
                "curl",
                "-sSf",
                "--aws-sigv4",
                "aws:amz:us-east-1:s3",
                "--user",
                key.get("AWS_ACCESS_KEY_ID") + ":" + key.get("AWS_SECRET_ACCESS_KEY"),
                "-H",
                "x-amz-content-sha256: UNSIGNED-PAYLOAD",
                "-o",
                target.toString(),
                server.endpoint() + "/" + S3Proxy.BUCKET + "/bench/object")
            .inheritIO()
            .start();
    if (curl.waitFor() != 0) {
      throw new IllegalStateException("curl failed");
    }
    Files.delete(target);
  }
}
