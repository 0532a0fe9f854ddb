package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FailedSignaturesTest {
  private static final ClientAddress HERE = new ClientAddress("192.0.2.1");

  private final AtomicLong now = new AtomicLong();
  private final FailedSignatures failures = new FailedSignatures(now::get);

  @Test
  void aFewMistakesAreFreeAndAFloodIsSlowedDownUpToALimit() {
    for (int i = 0; i < 100; i++) {
      assertThat(failures.failed(HERE, Optional.empty())).isZero();
    }
    assertThat(failures.failed(HERE, Optional.empty())).isEqualTo(Duration.ofMillis(10));
    for (int i = 0; i < 1000; i++) {
      failures.failed(HERE, Optional.empty());
    }
    assertThat(failures.failed(HERE, Optional.empty())).isEqualTo(Duration.ofSeconds(2));
    now.addAndGet(Duration.ofMinutes(6).toNanos());
    assertThat(failures.failed(HERE, Optional.empty())).as("forgotten").isZero();
  }

  @Test
  void guessesAtOneKeyAreCountedFromWhereverTheyCome() {
    for (int i = 0; i < 100; i++) {
      failures.failed(new ClientAddress("192.0.2." + i), Optional.of("AKIA"));
    }
    assertThat(failures.failed(HERE, Optional.of("AKIA"))).isPositive();
    assertThat(failures.failed(HERE, Optional.of("AKIB"))).isZero();
  }

  @Test
  void addressesAndKeysWithoutEndTakeNoMemoryWithoutEnd() {
    for (int i = 0; i < 20_000; i++) {
      failures.failed(new ClientAddress("address " + i), Optional.of("key " + i));
    }
    assertThat(failures.size()).isLessThanOrEqualTo(4096);
  }
}
