package dev.regild.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.server.config.Config;
import dev.regild.server.http.PeerDeadline.Wait;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long a client is waited for that takes its answer slowly; in a time of the test's own. */
class PacedWriterTest {
  private static final int PIECE = 64 << 10;

  /** A grace of 60 s, and 4 KiB a second: 16 s for each piece. */
  private static final Config.Http LIMITS = Config.Http.DEFAULT;

  private final AtomicLong now = new AtomicLong();
  private final PeerDeadline deadline = new PeerDeadline(now::get);
  private final SlowClient client = new SlowClient();
  private final PacedWriter writer = new PacedWriter(LIMITS, deadline, client, now::get);

  @Test
  void aClientThatTakesAPieceJustInTimeDoesSoOnlyOnce() {
    assertThat(secondsFor(75)).isEqualTo(Optional.empty());
    assertThat(secondsFor(75)).contains(Wait.ANSWER);
  }

  @Test
  void aClientALittleBelowTheLeastRateUsesItsGraceUp() {
    for (int piece = 0; piece < 60; piece++) {
      assertThat(secondsFor(17)).as("piece %d", piece).isEqualTo(Optional.empty());
    }
    assertThat(secondsFor(17)).contains(Wait.ANSWER);
  }

  @Test
  void aClientAtTheLeastRateIsSentAllAndEarnsNoMoreThanTheGrace() {
    for (int piece = 0; piece < 10_000; piece++) {
      assertThat(secondsFor(16)).isEqualTo(Optional.empty());
      assertThat(secondsFor(0)).isEqualTo(Optional.empty());
    }
    assertThat(secondsFor(77)).as("however much was taken before").contains(Wait.ANSWER);
  }

  @Test
  void eachAnswerHasAGraceOfItsOwn() {
    assertThat(secondsFor(75)).isEqualTo(Optional.empty());
    writer.answerBegins();
    assertThat(secondsFor(75)).isEqualTo(Optional.empty());
  }

  /** What the client missed when it took a piece in that time. */
  private Optional<Wait> secondsFor(int seconds) {
    client.takes = Duration.ofSeconds(seconds);
    writer.write(BufferData.create(new byte[PIECE]));
    return client.missed;
  }

  private final class SlowClient implements DataWriter {
    private Duration takes = Duration.ZERO;
    private Optional<Wait> missed = Optional.empty();

    @Override
    public void write(BufferData buffer) {
      now.addAndGet(takes.toNanos());
      missed = deadline.missed();
    }

    @Override
    public void write(BufferData... buffers) {
      write(BufferData.create(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
      write(buffer);
    }

    @Override
    public void writeNow(BufferData... buffers) {
      write(buffers);
    }
  }
}
