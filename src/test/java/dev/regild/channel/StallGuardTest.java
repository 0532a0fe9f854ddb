package dev.regild.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server that sends a byte now and then comes to. */
@Timeout(30)
class StallGuardTest {
  private static final Duration NEVER = Duration.ofMinutes(10);

  @Test
  void aServerThatCreepsIsBrokenOffThoughItNeverFallsSilent() throws Exception {
    StallGuard.Pace pace = new StallGuard.Pace(NEVER, Duration.ofMillis(200), 1000, NEVER);
    assertBroken(pace, "less than 1000 bytes came in 200 ms");
  }

  @Test
  void whatKeepsThePaceEndsWithItsTotalTime() throws Exception {
    StallGuard.Pace pace =
        new StallGuard.Pace(NEVER, Duration.ofMillis(100), 1, Duration.ofMillis(400));
    assertBroken(pace, "it took longer than 400 ms");
  }

  @Test
  void silenceIsBrokenOff() throws Exception {
    StallGuard.Pace pace = new StallGuard.Pace(Duration.ofMillis(100), NEVER, 1, NEVER);
    try (PipedOutputStream server = new PipedOutputStream();
        StallGuard guarded = new StallGuard(ended(new PipedInputStream(server)), pace)) {
      assertThatThrownBy(guarded::readAllBytes)
          .isInstanceOf(IOException.class)
          .hasMessage("nothing came for 100 ms");
    }
  }

  @Test
  void aServerThatIsFastEnoughIsReadToItsEnd() throws Exception {
    StallGuard.Pace pace =
        new StallGuard.Pace(NEVER, Duration.ofMillis(20), 1, Duration.ofMinutes(1));
    byte[] content = new byte[1 << 20];
    try (StallGuard guarded = new StallGuard(new ByteArrayInputStream(content), pace)) {
      assertThat(guarded.readAllBytes()).isEqualTo(content);
    }
  }

  private static void assertBroken(StallGuard.Pace pace, String why) throws Exception {
    try (PipedOutputStream server = new PipedOutputStream();
        StallGuard guarded = new StallGuard(ended(new PipedInputStream(server)), pace)) {
      Thread creeping =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  while (true) {
                    server.write('x');
                    server.flush();
                    Thread.sleep(5);
                  }
                } catch (IOException | InterruptedException e) {
                  // The reader has gone.
                }
              });
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
        while (in.available() == 0) {
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
