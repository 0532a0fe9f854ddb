package dev.regild.server;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * A closed loop of requests: each connection sends the next one when the last was answered. The
 * requests are signed beforehand, so that their sender takes little of the processor that it shares
 * with the server.
 *
 * @param port the server's, on this machine
 * @param requests sent in turn, each connection beginning at another
 */
record Load(int port, List<byte[]> requests) {
  /**
   * What came of it.
   *
   * @param perSecond answers a second, of all connections
   * @param p50 half of the answers took at most so many milliseconds
   * @param p99 99 of 100 did
   */
  record Outcome(double perSecond, double p50, double p99) {
    private static Outcome of(long[] nanoseconds, Duration time) {
      Arrays.sort(nanoseconds);
      return new Outcome(
          nanoseconds.length * 1e9 / time.toNanos(),
          nanoseconds[nanoseconds.length / 2] / 1e6,
          nanoseconds[(int) (nanoseconds.length * 0.99)] / 1e6);
    }
  }

  /** Sends for that long. */
  Outcome run(int connections, Duration time) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
      long end = System.nanoTime() + time.toNanos();
      List<Callable<long[]>> tasks =
          IntStream.range(0, connections)
              .<Callable<long[]>>mapToObj(i -> () -> send(i * requests.size() / connections, end))
              .toList();
      List<long[]> latencies = threads.invokeAll(tasks).stream().map(Future::resultNow).toList();
      return Outcome.of(latencies.stream().flatMapToLong(Arrays::stream).toArray(), time);
    }
  }

  private long[] send(int first, long end) throws IOException {
    long[] latencies = new long[1024];
    int count = 0;
    try (RawConnection connection = new RawConnection(port)) {
      for (long start = System.nanoTime(); start < end; start = System.nanoTime()) {
        connection.write(requests.get((first + count) % requests.size()));
        int status = connection.skip().status();
        if (status != 200) {
          throw new IOException("The server has answered " + status + ".");
        }
        if (count == latencies.length) {
          latencies = Arrays.copyOf(latencies, 2 * count);
        }
        latencies[count++] = System.nanoTime() - start;
      }
    }
    return Arrays.copyOf(latencies, count);
  }
}
