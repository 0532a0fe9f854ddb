package dev.regild.server;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.NoRoomException;
import dev.regild.disk.QemuImg;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One disk that is made of a layer and all that it stands on, in a thread of its own. */
final class Conversion {
  private static final Logger LOG = LoggerFactory.getLogger(Conversion.class);

  private final Path layer;
  private final DiskFormat format;
  private final Path directory;
  private final Path target;
  private final Tools tools;
  private final CompletableFuture<Path> file = new CompletableFuture<>();
  private final Thread thread = Thread.ofVirtual().name("conversion").unstarted(this::run);

  /**
   * What every conversion needs.
   *
   * @param room where the disk's room is reserved
   * @param turns one for each that is made at one time
   * @param makeRoom removes what can be spared; false if there is nothing
   */
  record Tools(QemuImg qemuImg, RoomReservations room, Semaphore turns, BooleanSupplier makeRoom) {}

  /** Of a layer, into a file of a directory that is not there yet. */
  Conversion(Path layer, DiskFormat format, Path directory, String name, Tools tools) {
    this.layer = layer;
    this.format = format;
    this.directory = directory;
    this.target = directory.resolve(name);
    this.tools = tools;
  }

  void start() {
    thread.start();
  }

  /** The disk, once it is made; fails with what kept it from being made. */
  CompletableFuture<Path> file() {
    return file;
  }

  boolean isMade() {
    return file.isDone() && !file.isCompletedExceptionally();
  }

  /** Ends the making and removes the file; nobody reads it any more. */
  void discard() {
    file.completeExceptionally(new IOException("the disk is no longer needed"));
    thread.interrupt();
    if (isMade()) {
      remove();
    }
  }

  private void run() {
    try {
      tools.turns.acquire();
      try (Reservation reservation = reserve()) {
        convert(reservation);
      } finally {
        tools.turns.release();
      }
      if (!file.complete(target)) {
        remove();
      }
    } catch (InterruptedException e) {
      remove();
      file.completeExceptionally(new IOException("the disk is no longer needed", e));
    } catch (Throwable e) { // an Error, too: whoever waits would do so for ever
      file.completeExceptionally(e);
      remove();
    }
  }

  private void convert(Reservation reservation) throws ProgramException, InterruptedException {
    tools.qemuImg.convert(layer, DiskFormat.QCOW2, target, format, reservation.progress());
  }

  private Reservation reserve() throws IOException, ProgramException, InterruptedException {
    long bytes = largestSize();
    try {
      return tools.room.reserve(directory, bytes);
    } catch (NoRoomException e) {
      if (!tools.makeRoom.getAsBoolean()) {
        throw e;
      }
      return tools.room.reserve(directory, bytes);
    }
  }

  /**
   * What a qcow2 would take, and what the tables of the other formats may take beyond that: they
   * have an entry of a few bytes for each 64 KiB at least.
   */
  private long largestSize() throws ProgramException, InterruptedException {
    long data = tools.qemuImg.standaloneBytes(layer);
    return data + (data >> 8) + (1 << 20);
  }

  private void remove() {
    try {
      Files.deleteIfExists(target);
    } catch (IOException | UncheckedIOException e) {
      LOG.atWarn()
          .addKeyValue("file", target)
          .addKeyValue("reason", e.toString())
          .log("cannot remove an exported disk");
    }
  }
}
