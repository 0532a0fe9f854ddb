package dev.regild.server.http;

import dev.regild.server.config.Config;
import dev.regild.server.http.PeerDeadline.Wait;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Sends answers to a client. Each answer has one time allowance: waiting for the client uses it up,
 * and bytes that the client takes refill it at the least rate. So the server does not wait for a
 * client that is slower than that, however small its reads are.
 */
final class PacedWriter implements DataWriter {
  private final Config.Http limits;
  private final PeerDeadline deadline;
  private final DataWriter out;
  private final LongSupplier nanoTime;

  private Duration grace;

  PacedWriter(Config.Http limits, PeerDeadline deadline, DataWriter out, LongSupplier nanoTime) {
    this.limits = limits;
    this.deadline = deadline;
    this.out = out;
    this.nanoTime = nanoTime;
    this.grace = limits.bodyTimeLimit();
  }

  /** The client has the whole grace again. */
  void answerBegins() {
    grace = limits.bodyTimeLimit();
  }

  @Override
  public void write(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    paced(buffer, () -> out.write(buffer));
  }

  @Override
  public void writeNow(BufferData... buffers) {
    writeNow(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    paced(buffer, () -> out.writeNow(buffer));
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void close() {
    out.close();
  }

  private void paced(BufferData buffer, Runnable writing) {
    Duration limit = grace.plus(atLeastRate(buffer.available()));
    long start = nanoTime.getAsLong();
    deadline.begin(Wait.ANSWER, limit);
    try {
      writing.run();
    } finally {
      deadline.end();
    }
    Duration left = limit.minusNanos(nanoTime.getAsLong() - start);
    grace = left.compareTo(limits.bodyTimeLimit()) < 0 ? left : limits.bodyTimeLimit();
  }

  private Duration atLeastRate(int bytes) {
    return Duration.ofSeconds(bytes).dividedBy(limits.leastRate().bytes());
  }
}
