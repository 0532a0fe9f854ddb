package dev.regild.update.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A delta that was published half written would be a damaged image. */
@Timeout(300)
class DeltaCompressionTest {
  @Test
  void whoWaitsGoesOnWhenItIsDoneAndSeesHowFarItIs() throws Exception {
    CountDownLatch awaited = new CountDownLatch(1);
    AtomicBoolean done = new AtomicBoolean();
    List<Double> seen = new ArrayList<>();
    try (DeltaCompression compression =
        DeltaCompression.start(progress -> {
          awaited.await();
          progress.accept(0.5);
          done.set(true);
        })) {
      Thread waiting = Thread.currentThread();
      Thread.ofVirtual()
          .start(() -> {
            while (waiting.getState() != Thread.State.WAITING) {
              Thread.onSpinWait();
            }
            awaited.countDown();
          });
      compression.await(seen::add);
      assertThat(done).isTrue();
      assertThat(seen).containsExactly(0.5);
    }
  }

  @Test
  void aFailureIsThatOfWhoWaits() throws Exception {
    try (DeltaCompression compression =
        DeltaCompression.start(progress -> {
          var _ = Program.of("sh", "-c", "echo no space left >&2; exit 1").run();
        })) {
      assertThatThrownBy(() -> compression.await(part -> {}))
          .isInstanceOf(ProgramException.class)
          .hasMessageContaining("no space left");
    }
  }

  @Test
  void nothingWritesAnyMoreOnceItIsClosed() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    AtomicBoolean gone = new AtomicBoolean();
    DeltaCompression compression =
        DeltaCompression.start(progress -> {
          running.countDown();
          try {
            new CountDownLatch(1).await();
          } finally {
            gone.set(true);
          }
        });
    running.await();
    compression.close();
    assertThat(gone).isTrue();
  }
}
