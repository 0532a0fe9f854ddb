package dev.regild.disk;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleConsumer;

/**
 * Free space that is promised to large files before they are written, so that two writers are never
 * promised the same bytes. One object serves all writers of a process; each file system is counted
 * by itself.
 */
public final class RoomReservations {
  /** What stays free of each file system for the database, logs and small files. */
  public static final long MARGIN_BYTES = 256L << 20;

  private final long margin;
  private final FreeSpace freeSpace;
  private final Map<FileStore, Long> promised = new HashMap<>();

  /** Leaves {@link #MARGIN_BYTES} free. */
  public RoomReservations() {
    this(MARGIN_BYTES, FileStore::getUsableSpace);
  }

  RoomReservations(long margin, FreeSpace freeSpace) {
    this.margin = margin;
    this.freeSpace = freeSpace;
  }

  /** Asks a file system how many bytes a process like ours may still write. */
  @FunctionalInterface
  interface FreeSpace {
    long of(FileStore store) throws IOException;
  }

  /**
   * Promises room to a file that is about to be written.
   *
   * @param directory where the file will be; it exists
   * @param bytes the most that it will take; 0 if that is not known yet, see {@link
   *     Reservation#extend}
   * @return to be closed when the file is complete or removed
   * @throws NoRoomException if the bytes are not free
   */
  public Reservation reserve(Path directory, long bytes) throws IOException {
    Reservation reservation = new Reservation(directory, Files.getFileStore(directory));
    reservation.extend(bytes);
    return reservation;
  }

  private synchronized void promise(Path directory, FileStore store, long bytes)
      throws IOException {
    long others = promised.getOrDefault(store, 0L);
    long free = freeSpace.of(store);
    // Written so that no foreign number can overflow.
    if (bytes > free - others - margin) {
      throw new NoRoomException(directory, bytes, free, others, margin);
    }
    promised.merge(store, bytes, Long::sum);
  }

  private synchronized void release(FileStore store, long bytes) {
    promised.computeIfPresent(store, (_, all) -> all > bytes ? all - bytes : null);
  }

  /** Room that is promised to one file. Safe for use by several threads. */
  public final class Reservation implements AutoCloseable {
    private final Path directory;
    private final FileStore store;
    private long left;

    private Reservation(Path directory, FileStore store) {
      this.directory = directory;
      this.store = store;
    }

    /**
     * Promises more, for a file whose size shows only as it is written.
     *
     * @throws NoRoomException if the bytes are not free; what was promised before still is
     */
    public synchronized void extend(long bytes) throws IOException {
      if (bytes < 0) {
        throw new IllegalArgumentException("bytes is negative: " + bytes);
      }
      promise(directory, store, bytes);
      left += bytes;
    }

    /**
     * Looks whether what was promised is still free: others write to the file system too.
     *
     * @throws NoRoomException if it is filling up
     */
    public synchronized void requireStillFree() throws IOException {
      promise(directory, store, 0);
    }

    /** Gives back what has been written: the file system no longer counts it as free. */
    public synchronized void written(long bytes) {
      long given = Math.clamp(bytes, 0, left);
      left -= given;
      release(store, given);
    }

    /**
     * Gives back by the part that is written.
     *
     * @return takes that part, 0 to 1, of all that is promised now
     */
    public synchronized DoubleConsumer progress() {
      long all = left;
      return part -> {
        synchronized (this) {
          written(left - (long) (all * (1 - part)));
        }
      };
    }

    /** How many bytes are promised and not yet written. */
    public synchronized long left() {
      return left;
    }

    /** Gives everything back; a second call does nothing. */
    @Override
    public synchronized void close() {
      written(left);
    }
  }
}
