package dev.regild.update.steps;

import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.machine.FreeSpace;
import dev.regild.machine.FreeSpaceWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The room of one job on the server's disk. */
final class ServerRoom implements AutoCloseable {
  /** Between two looks at how much of the promised room the files have taken. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Reservation reservation;
  private final FreeSpace mark;
  private final List<Path> files;
  private final FreeSpaceWatch watch;
  private final AtomicReference<@Nullable String> shortage = new AtomicReference<>();
  private final Thread count;
  private long required;
  private long taken;

  /**
   * @param reservation closed with this
   * @param mark below which the file system counts as full
   * @param files that the job writes, whether they are there or not
   */
  ServerRoom(Reservation reservation, FreeSpace mark, List<Path> files) throws IOException {
    this.reservation = reservation;
    this.mark = mark;
    this.files = List.copyOf(files);
    this.watch = FreeSpaceWatch.start(List.of(mark), shortage::set);
    this.count = Thread.ofVirtual().name("server-room").start(this::count);
  }

  /** How many bytes are promised and not yet written. */
  long reserved() {
    return reservation.left();
  }

  /**
   * Raises what is promised for the whole job to so many bytes.
   *
   * @throws dev.regild.disk.NoRoomException if they are not free
   */
  synchronized void require(long bytes) throws IOException {
    if (bytes > required) {
      reservation.extend(bytes - required);
      required = bytes;
    }
  }

  /** What is wrong if the file system is full, or was since this began. */
  Optional<String> shortage() {
    return Optional.ofNullable(shortage.get()).or(() -> mark.shortageNow());
  }

  private void count() {
    try {
      while (true) {
        Thread.sleep(LOOK);
        giveBackWritten();
      }
    } catch (InterruptedException closed) {
      // The reservation is given back as a whole.
    }
  }

  /** What the files take now, the file system no longer counts as free. */
  private synchronized void giveBackWritten() {
    long now = files.stream().mapToLong(ServerRoom::size).sum();
    if (now > taken) {
      reservation.written(now - taken);
      taken = now;
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // It is not there yet, or no more.
    }
  }

  @Override
  public void close() {
    count.interrupt();
    watch.close();
    reservation.close();
  }
}
