package dev.regild.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class CheckTurnsTest {
  private static final Duration NONE = Duration.ofMillis(1);
  private static final Duration LONG = Duration.ofSeconds(100);

  private final CheckTurns turns = new CheckTurns(2);

  /** Were it not so, one account's slow disks would take all turns. */
  @Test
  void anAccountHasOneTurnAtATimeAndAnotherHasItsOwn() throws Exception {
    try (CheckTurns.Turn _ = turns.take("a", NONE)) {
      assertThatThrownBy(() -> turns.take("a", NONE))
          .isInstanceOf(DisksBusyException.class)
          .hasMessageContaining("busy checking other disks")
          .hasMessageContaining("Try again later");
      turns.take("b", NONE).close();
    }
    turns.take("a", NONE).close();
  }

  @Test
  void whoFindsAllTurnsTakenIsToldSoAfterItsWait() throws Exception {
    try (CheckTurns.Turn _ = turns.take("a", NONE);
        CheckTurns.Turn _ = turns.take("b", NONE)) {
      assertThatThrownBy(() -> turns.take("c", NONE)).isInstanceOf(DisksBusyException.class);
    }
    try (CheckTurns.Turn _ = turns.take("c", NONE);
        CheckTurns.Turn _ = turns.take("d", NONE)) {
      assertThatThrownBy(() -> turns.take("a", NONE)).isInstanceOf(DisksBusyException.class);
    }
  }

  @Test
  void whoWaitsHasItsTurnWhenOneEndsAlsoAfterAnotherWasInterrupted() throws Exception {
    CheckTurns.Turn first = turns.take("a", NONE);
    Thread interrupted = Thread.ofVirtual().start(this::takeForALongTime);
    interrupted.interrupt();
    interrupted.join();
    Thread waiting = Thread.ofVirtual().start(this::takeForALongTime);
    first.close();
    waiting.join();
    assertThat(turns.isIdle()).isTrue();
    turns.take("a", NONE).close();
  }

  private void takeForALongTime() {
    try {
      turns.take("a", LONG).close();
    } catch (DisksBusyException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
