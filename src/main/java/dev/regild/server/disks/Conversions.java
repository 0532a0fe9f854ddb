package dev.regild.server.disks;

import dev.regild.disk.ExportFormat;
import dev.regild.disk.RoomReservations;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;

/**
 * Images as standalone disks, for downloads. Callers that want the same disk while it is made, or
 * shortly after it was read, share it. The number of conversions at once is limited, and each
 * reserves its space. A conversion ends when nobody waits for it.
 */
public final class Conversions implements AutoCloseable {
  private static final String PREFIX = "export-";

  private final Path directory;
  private final Duration kept;
  private final Conversion.Tools tools;
  private final Map<Kind, Shared> disks = new HashMap<>();

  /**
   * With a directory for the disks.
   *
   * @param directory made if it is missing; what an earlier process left there is removed
   * @param atOnce how many are made at one time
   * @param kept for how long a disk stays that nobody reads
   */
  public Conversions(Path directory, RoomReservations room, int atOnce, Duration kept)
      throws IOException {
    this.directory = Files.createDirectories(directory);
    this.kept = kept;
    this.tools = new Conversion.Tools(room, new Semaphore(atOnce, true), this::discardUnread);
    try (var leftovers = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path leftover : leftovers) {
        Files.delete(leftover);
      }
    }
  }

  /** What makes two disks the same: a layer never changes. */
  private record Kind(Path layer, ExportFormat format) {}

  /** A disk and how many have a share in it. */
  private static final class Shared {
    private final Kind kind;
    private final Conversion conversion;
    private int shares;
    private int uses;

    Shared(Kind kind, Conversion conversion) {
      this.kind = kind;
      this.conversion = conversion;
    }
  }

  /** Nobody waits for the disk any more. */
  static final class ClientGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    ClientGoneException() {
      super("the client disconnected");
    }
  }

  /** A share in a disk; closing it gives the share back. */
  final class Share implements AutoCloseable {
    private final Shared disk;
    private final CompletableFuture<Conversion.Made> gaveUp = new CompletableFuture<>();

    private Share(Shared disk) {
      this.disk = disk;
    }

    /**
     * Waits until the disk is made.
     *
     * @throws IOException if there is no room for it, or nobody waits any more
     * @throws ProgramException if it can't be made
     */
    Conversion.Made made() throws IOException, ProgramException, InterruptedException {
      try {
        return (Conversion.Made) CompletableFuture.anyOf(disk.conversion.made(), gaveUp).get();
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case IOException cause -> throw cause;
          case ProgramException cause -> throw cause;
          case null, default -> throw new IllegalStateException("a disk was not made", e);
        }
      }
    }

    /** Has {@link #made} fail if the disk is not made yet; from any thread. */
    void giveUp() {
      gaveUp.completeExceptionally(new ClientGoneException());
    }

    @Override
    public void close() {
      giveBack(disk);
    }
  }

  /**
   * A share in the layer's disk in that format, which is made if it is not there.
   *
   * @param layer borrowed until the share is closed
   */
  synchronized Share share(Path layer, ExportFormat format) {
    Kind kind = new Kind(layer, format);
    Shared disk = disks.get(kind);
    if (disk == null || disk.conversion.made().isCompletedExceptionally()) {
      String name = PREFIX + UUID.randomUUID() + "." + format.suffix();
      disk = new Shared(kind, new Conversion(layer, format, directory, name, tools));
      disk.conversion.start();
      disks.put(kind, disk);
    }
    disk.shares++;
    return new Share(disk);
  }

  private synchronized void giveBack(Shared disk) {
    disk.shares--;
    if (disk.shares > 0) {
      return;
    }
    if (!disk.conversion.isMade() || kept.isZero()) {
      discard(disk);
    } else {
      int use = ++disk.uses;
      Thread.ofVirtual().name("kept-export").start(() -> discardLater(disk, use));
    }
  }

  private void discardLater(Shared disk, int use) {
    try {
      Thread.sleep(kept);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      if (disk.shares == 0 && disk.uses == use) {
        discard(disk);
      }
    }
  }

  private synchronized boolean discardUnread() {
    List<Shared> unread =
        disks.values().stream().filter(it -> it.shares == 0 && it.conversion.isMade()).toList();
    unread.forEach(this::discard);
    return !unread.isEmpty();
  }

  private void discard(Shared disk) {
    disks.remove(disk.kind, disk);
    disk.conversion.discard();
  }

  /** Stops what is being made, and removes what is there. */
  @Override
  public synchronized void close() {
    List.copyOf(disks.values()).forEach(this::discard);
  }
}
