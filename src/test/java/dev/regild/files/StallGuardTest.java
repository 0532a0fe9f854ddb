package dev.regild.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server that sends a byte now and then comes to. */
@Timeout(300)
class StallGuardTest {
  private static final Duration NEVER = Duration.ofMinutes(10);

  @Test
  void aServerThatCreepsIsBrokenOffThoughItNeverFallsSilent() throws Exception {
    StallGuard.Pace pace = new StallGuard.Pace(NEVER, Duration.ofMillis(200), 1000, NEVER);
    assertBroken(pace, "fewer than 1000 bytes arrived in 200 ms");
  }

  @Test
  void whatKeepsThePaceEndsWithItsTotalTime() throws Exception {
    StallGuard.Pace pace =
        new StallGuard.Pace(NEVER, Duration.ofMillis(100), 1, Duration.ofMillis(400));
    AtomicLong clock = new AtomicLong();
    try (PipedOutputStream server = new PipedOutputStream();
        StallGuard guarded =
            new StallGuard(ended(new PipedInputStream(server)), pace, clock::get)) {
      pass(50, server, guarded, clock);
      assertThatThrownBy(guarded::read)
          .isInstanceOf(IOException.class)
          .hasMessage("it took longer than 400 ms");
    }
  }

  @Test
  void silenceIsBrokenOff() throws Exception {
    StallGuard.Pace pace = new StallGuard.Pace(Duration.ofMillis(100), NEVER, 1, NEVER);
    try (PipedOutputStream server = new PipedOutputStream();
        StallGuard guarded = new StallGuard(ended(new PipedInputStream(server)), pace)) {
      assertThatThrownBy(guarded::readAllBytes)
          .isInstanceOf(IOException.class)
          .hasMessage("no data arrived for 100 ms");
    }
  }

  @Test
  void aServerThatIsFastEnoughIsReadAsLongAsItSendsAndGuardedStill() throws Exception {
    StallGuard.Pace pace =
        new StallGuard.Pace(Duration.ofMillis(50), Duration.ofMillis(60), 1, NEVER);
    AtomicLong clock = new AtomicLong();
    try (PipedOutputStream server = new PipedOutputStream();
        StallGuard guarded =
            new StallGuard(ended(new PipedInputStream(server)), pace, clock::get)) {
      // Longer than a silence may be, and than two windows.
      pass(100, server, guarded, clock);
      clock.addAndGet(Duration.ofMillis(50).toNanos());
      assertThatThrownBy(guarded::read).hasMessage("no data arrived for 50 ms");
    }
  }

  @Test
  void aFileOfKnownSizeMayTakeAsLongAsItsBytesTakeAtTheLeastRate() throws Exception {
    StallGuard.Pace pace =
        new StallGuard.Pace(NEVER, Duration.ofMinutes(1), 60, Duration.ofMillis(200));
    try (PipedOutputStream server = new PipedOutputStream();
        StallGuard guarded =
            new StallGuard(
                ended(new PipedInputStream(server)), pace.forBytes(OptionalLong.of(60)))) {
      sending(server, 60, Duration.ofMillis(10));
      assertThat(guarded.readNBytes(60)).hasSize(60);
    }
  }

  @Test
  void theTotalTimeGrowsWithTheSizeAndHasAnEnd() {
    StallGuard.Pace mirrors = StallGuard.Pace.OF_MIRRORS;
    Duration atLeastRate = Duration.ofSeconds(1_000_000_000 / 2048);
    assertThat(mirrors.forBytes(OptionalLong.of(1_000_000_000)).total())
        .isGreaterThan(atLeastRate)
        .isLessThan(atLeastRate.plusHours(2));
    assertThat(mirrors.forBytes(OptionalLong.empty())).isEqualTo(mirrors);
    assertThat(mirrors.forBytes(OptionalLong.of(0))).isEqualTo(mirrors);
    assertThat(mirrors.forBytes(OptionalLong.of(Long.MAX_VALUE)).total())
        .isEqualTo(mirrors.total().plusDays(30));
  }

  /** Sends and reads bytes, one each 10 ms of the guard's clock, however slow this machine is. */
  private static void pass(
      int bytes, PipedOutputStream server, StallGuard guarded, AtomicLong clock) throws Exception {
    for (int i = 0; i < bytes; i++) {
      clock.addAndGet(Duration.ofMillis(10).toNanos());
      server.write('x');
      server.flush();
      assertThat(guarded.read()).isEqualTo('x');
      // The guard sleeps by the machine's clock: it looks several times.
      Thread.sleep(5);
    }
  }

  private static Thread sending(PipedOutputStream server, int bytes, Duration pause) {
    return Thread.ofVirtual()
        .start(() -> {
          try {
            for (int i = 0; i < bytes; i++) {
              server.write('x');
              server.flush();
              Thread.sleep(pause);
            }
          } catch (IOException | InterruptedException e) {
            // The reader has gone.
          }
        });
  }

  private static void assertBroken(StallGuard.Pace pace, String why) throws Exception {
    try (PipedOutputStream server = new PipedOutputStream();
        StallGuard guarded = new StallGuard(ended(new PipedInputStream(server)), pace)) {
      Thread creeping = sending(server, Integer.MAX_VALUE, Duration.ofMillis(5));
      try {
        assertThatThrownBy(guarded::readAllBytes).isInstanceOf(IOException.class).hasMessage(why);
      } finally {
        creeping.interrupt();
      }
    }
  }

  /** As HttpClient's: a stream that is closed ends for who reads it. */
  private static InputStream ended(PipedInputStream in) {
    return new FilterInputStream(in) {
      private volatile boolean closed;

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        while (length > 0 && in.available() == 0) {
          if (closed) {
            throw new IOException("closed");
          }
          try {
            Thread.sleep(1);
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        }
        return super.read(buffer, offset, Math.min(length, in.available()));
      }

      @Override
      public void close() {
        closed = true;
      }
    };
  }
}
