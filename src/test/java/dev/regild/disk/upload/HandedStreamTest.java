package dev.regild.disk.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.UnfitDiskException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class HandedStreamTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @Test
  void theWorkHasAPlatformThreadAndReadsWhatTheOwnerReads() throws Exception {
    byte[] sent = {1, 2, 3, -1};
    CompletableFuture<Thread> worker = new CompletableFuture<>();
    CompletableFuture<byte[]> read = new CompletableFuture<>();
    Thread owner =
        Thread.startVirtualThread(() -> {
          HandedStream handed = new HandedStream(new ByteArrayInputStream(sent));
          try {
            read.complete(
                handed.inPlatformThread(
                    LONG,
                    () -> {
                      worker.complete(Thread.currentThread());
                      return handed.readAllBytes();
                    }));
          } catch (IOException | UnfitDiskException e) {
            read.completeExceptionally(e);
          }
        });
    assertThat(read.get(120, TimeUnit.SECONDS)).isEqualTo(sent);
    assertThat(worker.join()).isNotEqualTo(owner);
    assertThat(worker.join().isVirtual()).isFalse();
    assertThat(worker.join().isDaemon()).isTrue();
  }

  @Test
  void failuresTravelAsTheyAre() {
    InputStream broken =
        new FilterInputStream(InputStream.nullInputStream()) {
          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            throw new EOFException("canary");
          }
        };
    HandedStream handed = new HandedStream(broken);
    assertThatThrownBy(() -> handed.inPlatformThread(LONG, handed::read))
        .isInstanceOf(EOFException.class)
        .hasMessage("canary");
    UnfitDiskException unfit = new UnfitDiskException("unfit");
    assertThatThrownBy(() -> fail(unfit)).isSameAs(unfit);
    LinkageError error = new LinkageError();
    assertThatThrownBy(() ->
            handed.inPlatformThread(
                LONG,
                () -> {
                  throw error;
                }))
        .isSameAs(error);
  }

  private static void fail(UnfitDiskException failure) throws Exception {
    new HandedStream(InputStream.nullInputStream())
        .inPlatformThread(
            LONG,
            () -> {
              throw failure;
            });
  }

  @Test
  void workThatTakesTooLongIsEnded() {
    AtomicBoolean ended = new AtomicBoolean();
    HandedStream handed = new HandedStream(InputStream.nullInputStream());
    assertThatThrownBy(() -> handed.inPlatformThread(Duration.ofMillis(50), () -> busy(ended)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("longer than 0 h");
    assertThat(ended).isTrue();
  }

  @Test
  void anInterruptEndsTheWorkToo() {
    AtomicBoolean ended = new AtomicBoolean();
    HandedStream handed = new HandedStream(InputStream.nullInputStream());
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> handed.inPlatformThread(LONG, () -> busy(ended)))
        .isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(ended).isTrue();
  }

  private static int busy(AtomicBoolean ended) throws IOException {
    while (!Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
    ended.set(true);
    throw new InterruptedIOException("ended");
  }
}
