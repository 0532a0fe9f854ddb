package dev.regild.job.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RememberedTurnsTest {
  private final List<String> asked = new ArrayList<>();
  private boolean free = true;
  private long nanos;
  private final Turns turns =
      new RememberedTurns(
          new Turns() {
            @Override
            public boolean take(String name) {
              asked.add(name);
              return free;
            }

            @Override
            public void giveBack(String name) {
              asked.add("back " + name);
            }
          },
          () -> nanos);

  @Test
  void whoHasATurnIsAskedAgainAfterAFewSeconds() {
    assertThat(turns.take("sweep")).isTrue();
    free = false;
    nanos += Duration.ofMillis(2900).toNanos();
    assertThat(turns.take("sweep")).isTrue();
    assertThat(turns.take("other")).isFalse();
    nanos += Duration.ofMillis(200).toNanos();
    assertThat(turns.take("sweep")).isFalse();
    assertThat(asked).containsExactly("sweep", "other", "sweep");
  }

  @Test
  void aTurnThatIsGivenBackIsTakenAgainByAsking() {
    assertThat(turns.take("sweep")).isTrue();
    turns.giveBack("sweep");
    free = false;
    assertThat(turns.take("sweep")).isFalse();
    assertThat(asked).containsExactly("sweep", "back sweep", "sweep");
  }
}
