package dev.regild.disk.layers;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** A layer's file that stays where it is, with all layers below it, until this is closed. */
public final class BorrowedLayer implements AutoCloseable {
  private final Path file;
  private final Runnable giveBack;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /**
   * @param giveBack releases the layer and all layers below it; runs once, however often this is
   *     closed
   */
  public BorrowedLayer(Path file, Runnable giveBack) {
    this.file = file;
    this.giveBack = giveBack;
  }

  /** Where QEMU can read it; never to be written to. */
  public Path file() {
    return file;
  }

  @Override
  public void close() {
    if (open.getAndSet(false)) {
      giveBack.run();
    }
  }
}
