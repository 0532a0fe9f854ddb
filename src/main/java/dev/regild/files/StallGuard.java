package dev.regild.files;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A stream that breaks off when no data arrived for a while, when it comes more slowly than its
 * pace, or when all of it takes too long. HttpClient's own time limit ends when the headers are
 * there.
 */
public final class StallGuard extends FilterInputStream {
  private final Pace pace;
  private final LongSupplier nanos;
  private final long start;
  private final Thread watch;
  private volatile long lastByteAt;
  private final AtomicLong received = new AtomicLong();
  private volatile String broken = "";

  /**
   * How fast a server has to be. A byte now and then does not stall, and would keep a download
   * going for ever: so there is a least rate as well, and a limit for all of it.
   *
   * @param silence how long nothing may come
   * @param window over which the rate is measured, from the start on
   * @param bytesPerWindow that come in each window at the least
   * @param total how long all of it may take, see {@link #forBytes}
   */
  public record Pace(Duration silence, Duration window, long bytesPerWindow, Duration total) {
    /** 2 KiB/s is less than any mirror that is of use; an hour is for what has no known size. */
    public static final Pace OF_MIRRORS =
        new Pace(Duration.ofSeconds(60), Duration.ofSeconds(60), 120 << 10, Duration.ofHours(1));

    private static final Duration LONGEST = Duration.ofDays(30);

    /**
     * The same pace, with as much more time as the bytes take at the least rate: of a file whose
     * size is known the rate alone decides, within 30 days.
     */
    public Pace forBytes(OptionalLong size) {
      if (size.isEmpty()) {
        return this;
      }
      double windows = (double) size.getAsLong() / Math.max(1, bytesPerWindow);
      // What no long holds becomes the largest one, and the limit decides.
      Duration atLeastRate = Duration.ofNanos((long) (windows * window.toNanos()));
      Duration all = total.plus(atLeastRate.compareTo(LONGEST) < 0 ? atLeastRate : LONGEST);
      return new Pace(silence, window, bytesPerWindow, all);
    }

    /** The same pace, with no more time than that. */
    public Pace within(Duration left) {
      return new Pace(silence, window, bytesPerWindow, left.compareTo(total) < 0 ? left : total);
    }
  }

  public StallGuard(InputStream in, Pace pace) {
    this(in, pace, System::nanoTime);
  }

  StallGuard(InputStream in, Pace pace, LongSupplier nanos) {
    super(in);
    this.pace = pace;
    this.nanos = nanos;
    this.start = nanos.getAsLong();
    this.lastByteAt = start;
    this.watch = Thread.ofVirtual().name("stall-guard").start(this::watch);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      int n = in.read(buffer, offset, length);
      lastByteAt = nanos.getAsLong();
      received.addAndGet(Math.max(0, n));
      if (n < 0 && !broken.isEmpty()) {
        throw new IOException(broken);
      }
      return n;
    } catch (IOException e) {
      throw broken.isEmpty() ? e : new IOException(broken, e);
    }
  }

  @Override
  public void close() throws IOException {
    watch.interrupt();
    super.close();
  }

  private void watch() {
    try {
      long windowEnd = start + pace.window().toNanos();
      long before = 0;
      while (broken.isEmpty()) {
        // Before the time is read: a thread that has to wait here counts a byte twice, never none.
        long arrived = received.get();
        long now = nanos.getAsLong();
        if (now - start >= pace.total().toNanos()) {
          broken = "it took longer than " + spoken(pace.total());
        } else if (now - lastByteAt >= pace.silence().toNanos()) {
          broken = "no data arrived for " + spoken(pace.silence());
        } else if (now >= windowEnd) {
          if (received.get() - before < pace.bytesPerWindow()) {
            broken =
                "fewer than %d bytes arrived in %s"
                    .formatted(pace.bytesPerWindow(), spoken(pace.window()));
          }
          before = arrived;
          windowEnd = now + pace.window().toNanos();
        } else {
          Thread.sleep(Duration.ofNanos(untilNext(now, windowEnd)));
        }
      }
      in.close();
    } catch (InterruptedException e) {
      // The reader has closed the stream: there is nothing left to guard.
    } catch (IOException e) {
      // Closing is only meant to wake the reader, which reports why itself.
    }
  }

  private long untilNext(long now, long windowEnd) {
    long silent = lastByteAt + pace.silence().toNanos();
    long total = start + pace.total().toNanos();
    return Math.max(1, Math.min(windowEnd - now, Math.min(silent - now, total - now)));
  }

  private static String spoken(Duration duration) {
    return duration.toMillis() < 10_000 ? duration.toMillis() + " ms" : duration.toSeconds() + " s";
  }
}
