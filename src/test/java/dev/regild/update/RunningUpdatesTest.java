package dev.regild.update;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunningUpdatesTest {
  private final RunningUpdates running = new RunningUpdates();
  private final AtomicInteger aborts = new AtomicInteger();

  @Test
  void aCancelledUpdateIsInterruptedAndItsThreadIsFitForTheNextOne() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<Boolean> update =
        new FutureTask<>(() -> {
          running.begin("image");
          running.onAbort("image", aborts::incrementAndGet);
          begun.countDown();
          boolean interrupted = false;
          try {
            Thread.sleep(60_000);
          } catch (InterruptedException e) {
            interrupted = true;
          }
          Thread.currentThread().interrupt();
          return interrupted && running.end("image") && !Thread.currentThread().isInterrupted();
        });
    Thread thread = Thread.ofVirtual().start(update);
    begun.await();
    running.cancel("image");
    assertThat(update.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(aborts).hasValue(1);
    running.cancel("image");
    assertThat(aborts).hasValue(1);
    thread.join();
  }

  @Test
  void whatOpensAfterTheCancellationIsEndedAtOnce() {
    running.begin("image");
    running.cancel("image");
    running.onAbort("image", aborts::incrementAndGet);
    assertThat(aborts).hasValue(1);
    assertThat(running.isCancelled("image")).isTrue();
    assertThat(running.end("image")).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void anInterruptThatIsNoCancellationStays() {
    running.begin("image");
    Thread.currentThread().interrupt();
    assertThat(running.end("image")).isFalse();
    assertThat(Thread.interrupted()).isTrue();
  }
}
