package dev.regild.machine;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks at the room that is left on some file systems until it is closed; in a platform thread,
 * which work in virtual ones can't keep from running.
 */
public final class FreeSpaceWatch implements AutoCloseable {
  /** Between two looks. */
  private static final Duration LOOK = Duration.ofMillis(100);

  private final List<FreeSpace> rooms;
  private final List<FreeSpace.Gauge> gauges = new ArrayList<>();
  private final Consumer<String> onShortage;
  private final Thread thread =
      Thread.ofPlatform().daemon().name("free-space-watch").unstarted(this::watch);

  private FreeSpaceWatch(List<FreeSpace> rooms, Consumer<String> onShortage) throws IOException {
    this.rooms = List.copyOf(rooms);
    this.onShortage = onShortage;
    for (FreeSpace room : rooms) {
      gauges.add(room.gauge());
    }
  }

  /**
   * Begins to look.
   *
   * @param onShortage is told once, in a thread of the watch, what is wrong; nothing is looked at
   *     after that
   * @throws IOException if a file system can't be looked at
   */
  public static FreeSpaceWatch start(List<FreeSpace> rooms, Consumer<String> onShortage)
      throws IOException {
    FreeSpaceWatch watch = new FreeSpaceWatch(rooms, onShortage);
    watch.thread.start();
    return watch;
  }

  private void watch() {
    try {
      while (true) {
        for (int i = 0; i < rooms.size(); i++) {
          long free = gauges.get(i).free();
          if (free < rooms.get(i).markBytes()) {
            onShortage.accept(rooms.get(i).shortage(free));
            return;
          }
        }
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException closed) {
      // Nothing to watch any more.
    } catch (IOException e) {
      onShortage.accept("cannot watch the free space any more: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
