package dev.regild.job.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RecurringWorkTest {
  private static final RecurringWork.Pauses SHORT = RecurringWork.Pauses.of(Duration.ofMillis(1));

  /** Of a node that has every turn, or none. */
  private static final class Recorded implements Turns {
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean free = true;

    @Override
    public boolean take(String name) {
      calls.add("take " + name);
      return free;
    }

    @Override
    public void giveBack(String name) {
      calls.add("give back " + name);
    }
  }

  private final Recorded turns = new Recorded();

  @Test
  void aRoundThatFailsIsNotTheLast() throws Exception {
    BlockingQueue<Integer> rounds = new LinkedBlockingQueue<>();
    int[] count = {0};
    try (RecurringWork work =
        new RecurringWork(
            "errands",
            SHORT,
            turns,
            () -> {
              rounds.add(++count[0]);
              switch (count[0]) {
                case 1 -> throw new IllegalStateException("of a test");
                case 2 -> throw new IOException("of a test");
                case 3 -> throw new StackOverflowError("of a test");
                default -> {}
              }
            })) {
      work.start();
      for (int i = 1; i <= 4; i++) {
        assertThat(rounds.poll(2, TimeUnit.MINUTES)).isEqualTo(i);
      }
    }
    assertThat(turns.calls.subList(0, 6))
        .as("another node may reach what this one can't")
        .containsExactly(
            "take errands",
            "take errands",
            "give back errands",
            "take errands",
            "give back errands",
            "take errands");
    assertThat(turns.calls.getLast()).isEqualTo("give back errands");
  }

  @Test
  void anErrorThatTheTurnMeetsIsNotTheLast() throws Exception {
    List<String> givenBack = new ArrayList<>();
    Turns broken =
        new Turns() {
          @Override
          public boolean take(String name) {
            throw new StackOverflowError("of a test");
          }

          @Override
          public void giveBack(String name) {
            givenBack.add(name);
            throw new IllegalStateException("of a test");
          }
        };
    new RecurringWork("errands", SHORT, broken, () -> {}).once();
    assertThat(givenBack).containsExactly("errands");
  }

  @Test
  void anotherNodesTurnIsLeftAlone() throws Exception {
    turns.free = false;
    List<String> rounds = new ArrayList<>();
    RecurringWork work = new RecurringWork("errands", SHORT, turns, () -> rounds.add("round"));
    work.once();
    turns.free = true;
    work.once();
    assertThat(rounds).hasSize(1);
  }

  @Test
  void aRoundIsInterruptedAndThenTheTurnGivenBack() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    RecurringWork work =
        RecurringWork.computing(
            "errands",
            SHORT,
            turns,
            () -> {
              began.countDown();
              try {
                Thread.sleep(Duration.ofMinutes(10));
              } finally {
                turns.calls.add("end");
              }
            });
    work.start();
    assertThat(began.await(2, TimeUnit.MINUTES)).isTrue();
    work.close();
    assertThat(turns.calls).containsExactly("take errands", "end", "give back errands");
  }

  /** A database driver, for one, turns an interruption into an exception of its own. */
  @Test
  void whatAnInterruptionMadeFailIsAnInterruption() {
    RecurringWork work =
        new RecurringWork(
            "errands",
            SHORT,
            turns,
            () -> {
              Thread.currentThread().interrupt();
              throw new IllegalStateException("closed by an interrupt");
            });
    assertThatThrownBy(work::once).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }
}
