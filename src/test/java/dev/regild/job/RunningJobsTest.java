package dev.regild.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunningJobsTest {
  private final RunningJobs running = new RunningJobs();
  private final AtomicInteger aborts = new AtomicInteger();

  @Test
  void aCancelledUpdateIsInterruptedAndItsThreadIsFitForTheNextOne() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch aborted = new CountDownLatch(1);
    FutureTask<Boolean> update =
        new FutureTask<>(() -> {
          running.begin("image");
          running.onAbort("image", aborted::countDown);
          begun.countDown();
          assertThatThrownBy(() -> Thread.sleep(60_000)).isInstanceOf(InterruptedException.class);
          aborted.await();
          Thread.currentThread().interrupt();
          return running.end("image") && !Thread.currentThread().isInterrupted();
        });
    Thread.ofVirtual().start(update);
    begun.await();
    running.cancel("image");
    assertThat(update.get(120, TimeUnit.SECONDS)).isTrue();
    // It comes too late, and finds nobody.
    running.cancel("image");
  }

  @Test
  void whatOpensAfterTheCancellationIsEndedAtOnce() {
    running.begin("image");
    running.cancel("image");
    running.onAbort("image", aborts::incrementAndGet);
    assertThat(aborts).hasValueGreaterThanOrEqualTo(1);
    assertThatThrownBy(() -> running.requireGoingOn("image", new IOException("killed")))
        .isInstanceOf(CancelledJobException.class);
    assertThat(running.end("image")).isTrue();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void whatOpensWhileTheProcessGoesDownIsEndedAtOnce() {
    running.begin("image");
    running.abortAll();
    running.onAbort("image", aborts::incrementAndGet);
    assertThat(aborts).hasValue(1);
    IOException failure = new IOException("killed");
    assertThatThrownBy(() -> running.requireGoingOn("image", failure))
        .isInstanceOf(InterruptedException.class)
        .hasCause(failure);
    assertThat(running.end("image")).isFalse();
  }

  @Test
  void onlyTheUpdateThatIsCancelledEnds() throws Exception {
    running.begin("image");
    running.onAbort("image", aborts::incrementAndGet);
    running.cancel("another");
    assertThat(aborts).hasValue(0);
    running.requireGoingOn("image", new IOException("of its own"));
    assertThat(running.end("image")).isFalse();
  }

  @Test
  void anInterruptThatIsNoCancellationStays() {
    running.begin("image");
    Thread.currentThread().interrupt();
    assertThat(running.end("image")).isFalse();
    assertThat(Thread.interrupted()).isTrue();
  }
}
