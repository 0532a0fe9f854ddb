package dev.regild.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.server.RawConnection;
import dev.regild.server.ServerFixture;
import dev.regild.server.SignedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailedSignaturesTest {
  private static final ClientAddress HERE = new ClientAddress("192.0.2.1");

  private final AtomicLong now = new AtomicLong();
  private final FailedSignatures failures = new FailedSignatures(now::get);
  private int invented;

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

  @Test
  void inventedAddressesDoNotPushOutTheCounterOfAKeyThatIsBeingGuessed() {
    flood(10_000);
    for (int guess = 0; guess < 150; guess++) {
      failures.failed(HERE, Optional.of("AKIA"));
    }
    for (int guess = 0; guess < 10; guess++) {
      flood(10_000);
      failures.failed(new ClientAddress("guesser " + guess), Optional.of("AKIA"));
    }
    assertThat(failures.failed(new ClientAddress("another"), Optional.of("AKIA")))
        .isGreaterThan(Duration.ofMillis(500));
  }

  /** Failures, each from an address of its own. */
  private void flood(int size) {
    for (int i = 0; i < size; i++) {
      failures.failed(new ClientAddress("invented " + invented++), Optional.empty());
    }
  }

  @Test
  void aServerHoldsRefusalsBackByAddressAndByKeyAndServesTheOwner(@TempDir Path directory)
      throws Exception {
    try (ServerFixture server = new ServerFixture(directory)) {
      AccessKey forged =
          new AccessKey(server.key.id(), "x".repeat(40), server.account, false, true);
      byte[] guess = SignedRequest.of(forged, "DescribeImages", "{}").bytes();
      Instant start = Instant.now();
      // A hundred are free, one is forgotten each second, and each of the others is 10 ms. Ten of
      // them leave room for a machine that is slow from here on.
      for (long failures = 1; failures < 110 + secondsSince(start); failures++) {
        refusal(server, guess, "127.0.0.1");
        assertThat(failures).as("this machine is too slow").isLessThan(1000);
      }
      assertThat(refusal(server, guess, "127.0.0.1")).isGreaterThanOrEqualTo(Duration.ofMillis(50));
      assertThat(refusal(server, guess, "127.0.0.2"))
          .as("the same key from another address")
          .isGreaterThanOrEqualTo(Duration.ofMillis(50));
      assertThat(server.ask(server.key, "DescribeImages", "{}").status()).isEqualTo(200);
    }
  }

  /** How long the server took to refuse it. */
  private static Duration refusal(ServerFixture server, byte[] request, String from)
      throws IOException {
    try (RawConnection connection = new RawConnection(server.port(), from)) {
      Instant start = Instant.now();
      assertThat(connection.write(request).read().status()).isEqualTo(403);
      return Duration.between(start, Instant.now());
    }
  }

  private static long secondsSince(Instant start) {
    return Duration.between(start, Instant.now()).toSeconds() + 1;
  }
}
