package dev.regild.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/** Holds other threads and other processes off until it is closed. */
public final class LockFile implements AutoCloseable {
  /** The operating system's lock is the process's, so threads need one of their own. */
  private static final ConcurrentMap<Path, ReentrantLock> WITHIN_PROCESS =
      new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private final FileChannel channel;

  private LockFile(ReentrantLock threads, FileChannel channel) {
    this.threads = threads;
    this.channel = channel;
  }

  /**
   * Waits until nobody else has it.
   *
   * @param file is made if it is not there; its directory must be
   */
  public static LockFile acquire(Path file) throws IOException, InterruptedException {
    ReentrantLock threads =
        WITHIN_PROCESS.computeIfAbsent(
            file.toAbsolutePath().normalize(), path -> new ReentrantLock());
    threads.lockInterruptibly();
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, CREATE, WRITE, NOFOLLOW_LINKS);
      channel.lock();
      return new LockFile(threads, channel);
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      threads.unlock();
      throw e;
    }
  }

  /**
   * Takes it if nobody has it, this thread included.
   *
   * @return empty if somebody has it
   */
  public static Optional<LockFile> tryAcquire(Path file) throws IOException {
    ReentrantLock threads =
        WITHIN_PROCESS.computeIfAbsent(
            file.toAbsolutePath().normalize(), path -> new ReentrantLock());
    if (threads.isHeldByCurrentThread() || !threads.tryLock()) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel = FileChannel.open(file, CREATE, WRITE, NOFOLLOW_LINKS);
      taken = channel.tryLock() != null;
      return taken ? Optional.of(new LockFile(threads, channel)) : Optional.empty();
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        threads.unlock();
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      threads.unlock();
    }
  }
}
