package dev.regild.update.steps;

import dev.regild.files.Background;
import dev.regild.machine.ProgramException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.DoubleConsumer;

/**
 * The compression of a sealed overlay, which runs while the overlay boots on a throw-away layer: a
 * boot leaves a processor idle for much of its time. Nothing is published before both are done.
 */
public final class DeltaCompression implements AutoCloseable {
  private final FutureTask<Boolean> result;
  private final Background background;
  private volatile DoubleConsumer progress = part -> {};

  /** What compresses; it ends at once if its thread is interrupted. */
  interface Work {
    /**
     * Compresses.
     *
     * @param progress is told the part that is done, 0 to 1
     */
    void run(DoubleConsumer progress) throws ProgramException, InterruptedException;
  }

  private DeltaCompression(Work work) {
    this.result =
        new FutureTask<>(() -> {
          work.run(part -> progress.accept(part));
          return true;
        });
    this.background = Background.start("delta-compression", result);
  }

  /** Starts to compress, in a thread of its own. */
  static DeltaCompression start(Work work) {
    return new DeltaCompression(work);
  }

  /**
   * Waits until it is done.
   *
   * @param watcher is told how far it is from now on
   * @throws ProgramException if it has failed, whenever that was
   */
  void await(DoubleConsumer watcher) throws ProgramException, InterruptedException {
    progress = watcher;
    try {
      boolean _ = result.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case ProgramException failed -> throw failed;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    }
  }

  /** Ends it and its program, if it still runs: the directory that it writes to is removed next. */
  @Override
  public void close() {
    background.close();
  }
}
