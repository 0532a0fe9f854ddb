package dev.regild.cli.doctor;

import dev.regild.files.FileTree;
import dev.regild.servicing.Watcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A directory for large files that is gone when its work has ended, even if the process is told to
 * end meanwhile: then what runs in it is ended first.
 */
final class ThrowAwayDirectory implements Watcher, AutoCloseable {
  private static final long SECONDS_TO_END = 20;

  private final Path path;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::endEarly, "throw-away-directory");
  private volatile @Nullable Runnable abort;
  private volatile boolean ending;

  private ThrowAwayDirectory(Path path) {
    this.path = path;
  }

  /**
   * Makes one below {@code TMPDIR}, else below {@code /var/tmp}: {@code /tmp} may be in memory.
   *
   * @param prefix of its name
   */
  static ThrowAwayDirectory make(String prefix) throws IOException {
    Path parent = Path.of(Optional.ofNullable(System.getenv("TMPDIR")).orElse("/var/tmp"));
    ThrowAwayDirectory made = new ThrowAwayDirectory(Files.createTempDirectory(parent, prefix));
    Runtime.getRuntime().addShutdownHook(made.hook);
    return made;
  }

  Path path() {
    return path;
  }

  /** Whether the process is ending, so that what fails now fails because of that. */
  boolean isEnding() {
    return ending;
  }

  @Override
  public void running(Runnable newAbort) {
    abort = newAbort;
    if (ending) {
      newAbort.run();
    }
  }

  private void endEarly() {
    ending = true;
    Runnable running = abort;
    if (running != null) {
      running.run();
    }
    try {
      if (!closed.await(SECONDS_TO_END, TimeUnit.SECONDS)) {
        remove();
      }
    } catch (InterruptedException | IOException e) {
      // The process ends; what is left is in a directory for temporary files.
    }
  }

  @Override
  public void close() throws IOException {
    try {
      remove();
    } finally {
      closed.countDown();
      if (!ending) {
        Runtime.getRuntime().removeShutdownHook(hook);
      }
    }
  }

  private void remove() throws IOException {
    FileTree.remove(path);
  }
}
