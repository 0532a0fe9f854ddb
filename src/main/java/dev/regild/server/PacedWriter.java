package dev.regild.server;

import dev.regild.server.PeerDeadline.Wait;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;

/** What a client is sent; it has to take it at the least rate, after a time of grace. */
final class PacedWriter implements DataWriter {
  private final Config.Http limits;
  private final PeerDeadline deadline;
  private final DataWriter out;

  PacedWriter(Config.Http limits, PeerDeadline deadline, DataWriter out) {
    this.limits = limits;
    this.deadline = deadline;
    this.out = out;
  }

  @Override
  public void write(BufferData... buffers) {
    write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    begin(buffer);
    try {
      out.write(buffer);
    } finally {
      deadline.end();
    }
  }

  @Override
  public void writeNow(BufferData... buffers) {
    writeNow(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    begin(buffer);
    try {
      out.writeNow(buffer);
    } finally {
      deadline.end();
    }
  }

  @Override
  public void flush() {
    out.flush();
  }

  @Override
  public void close() {
    out.close();
  }

  private void begin(BufferData buffer) {
    Duration atLeastRate = Duration.ofSeconds(buffer.available() / limits.leastRate().bytes());
    deadline.begin(Wait.ANSWER, limits.bodyTimeLimit().plus(atLeastRate));
  }
}
