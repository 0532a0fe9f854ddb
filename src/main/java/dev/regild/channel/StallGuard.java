package dev.regild.channel;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * A stream that breaks off when nothing came for a while. HttpClient's own time limit ends when the
 * headers are there.
 */
final class StallGuard extends FilterInputStream {
  private final Duration limit;
  private final Thread watch;
  private volatile long lastByteAt = System.nanoTime();
  private volatile boolean stalled;

  StallGuard(InputStream in, Duration limit) {
    super(in);
    this.limit = limit;
    this.watch = Thread.ofVirtual().name("stall-guard").start(this::watch);
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      int n = in.read(buffer, offset, length);
      lastByteAt = System.nanoTime();
      if (n < 0 && stalled) {
        throw stall();
      }
      return n;
    } catch (IOException e) {
      throw stalled ? stall() : e;
    }
  }

  @Override
  public void close() throws IOException {
    watch.interrupt();
    super.close();
  }

  private IOException stall() {
    return new IOException("nothing came for " + limit.toSeconds() + " s");
  }

  private void watch() {
    try {
      for (long left = limit.toNanos(); left > 0; left = left()) {
        Thread.sleep(Duration.ofNanos(left));
      }
      stalled = true;
      in.close();
    } catch (InterruptedException e) {
      // The reader has closed the stream: there is nothing left to guard.
    } catch (IOException e) {
      // Closing is only meant to wake the reader, which reports the stall itself.
    }
  }

  private long left() {
    return limit.toNanos() - (System.nanoTime() - lastByteAt);
  }
}
