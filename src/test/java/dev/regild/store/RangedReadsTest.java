package dev.regild.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RangedReadsTest {
  @Test
  void aFileThatCannotBeWrittenHereIsNotTheStoresFailure() throws Exception {
    AtomicInteger tried = new AtomicInteger();
    RangedReads.Sink full =
        new RangedReads.Sink() {
          @Override
          public void take(ByteBuffer piece) {
            throw new AssertionError("nothing can have come");
          }

          @Override
          public void arrives(ByteBuffer stretch, long at) throws IOException {
            tried.incrementAndGet();
            throw new IOException("No space left on device");
          }
        };
    try (MemoryS3 server = new MemoryS3()) {
      server.objects.put("regild/layers/a", new byte[1000]);
      StoreSettings settings =
          new StoreSettings(
              new StoreLocation("images", "regild"),
              Optional.of(server.endpoint()),
              "us-east-1",
              true,
              Optional.empty(),
              StoreSettings.Upkeep.DEFAULT,
              StoreLimits.DEFAULT);
      try (var client = StoreClient.of(settings)) {
        StoreCalls calls = new StoreCalls(settings.location(), Duration.ofSeconds(2));
        assertThatThrownBy(
                () -> new RangedReads(settings, client, calls).inOrder("layers/a", 1000, full))
            .isInstanceOf(LocalFileException.class)
            .hasMessage(
                "layers/a can't be written to a file of this machine: No space left on device");
      }
    }
    assertThat(tried).hasValue(1);
  }
}
