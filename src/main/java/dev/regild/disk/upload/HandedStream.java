package dev.regild.disk.upload;

import dev.regild.disk.UnfitDiskException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * What a request sends, for work that is bound by the processor. Such work has a platform thread of
 * its own, since in a virtual one it would keep others from running for as long as it lasts. What
 * it reads, the thread of the request reads for it: that one can be interrupted in it, and knows
 * the limits of its connection.
 */
final class HandedStream extends FilterInputStream {
  /**
   * Enough for as many headers as an archive may have, for each of which a library calls itself. A
   * stack that ends while this thread hands something over would leave the queue damaged, and its
   * owner waiting.
   */
  private static final long STACK_BYTES = 64L << 20;

  private final Thread owner = Thread.currentThread();
  private final BlockingQueue<Runnable> wanted = new LinkedBlockingQueue<>();

  /** Of the current thread. */
  HandedStream(InputStream in) {
    super(in);
  }

  /** What reads the stream. */
  @FunctionalInterface
  interface Work<T> {
    /** Ends soon if its thread is interrupted. */
    T run() throws IOException, UnfitDiskException;
  }

  /**
   * Does the work, and waits for its end.
   *
   * @throws InterruptedIOException if the current thread was interrupted; it still is then
   * @throws IOException if the work took longer than the limit; it has ended then, too
   */
  <T> T inPlatformThread(Duration limit, Work<T> work) throws IOException, UnfitDiskException {
    FutureTask<T> task = new FutureTask<>(work::run);
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("unpack")
            .stackSize(STACK_BYTES)
            .start(() -> {
              task.run();
              wanted.add(HandedStream::wakeOwner);
            });
    try {
      readFor(task, limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while unpacking the disk");
    } finally {
      thread.interrupt();
      awaitEnd(thread);
    }
    return result(task);
  }

  private void readFor(Future<?> task, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!task.isDone()) {
      Runnable next = wanted.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (next == null || System.nanoTime() - end > 0) {
        throw new IOException(
            "unpacking it took longer than %d h, which is the most; send the disk unpacked"
                .formatted(limit.toHours()));
      }
      next.run();
    }
  }

  private static void wakeOwner() {
    // It looks whether the work is done.
  }

  private static void awaitEnd(Thread thread) {
    boolean interrupted = Thread.interrupted();
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T> T result(Future<T> task) throws IOException, UnfitDiskException {
    if (task.state() == Future.State.SUCCESS) {
      return task.resultNow();
    }
    switch (task.exceptionNow()) {
      case IOException e -> throw e;
      case UnfitDiskException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (Thread.currentThread().equals(owner)) {
      return in.read(buffer, offset, length);
    }
    FutureTask<Integer> reading = new FutureTask<>(() -> in.read(buffer, offset, length));
    wanted.add(reading);
    try {
      return reading.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while unpacking the disk");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] buffer = new byte[Math.clamp(count, 0, 1 << 16)];
    return Math.max(0, read(buffer, 0, buffer.length));
  }

  /** Only its owner can tell. */
  @Override
  public int available() {
    return 0;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  /** Closes nothing: the owner does that. */
  @Override
  public void close() {}
}
