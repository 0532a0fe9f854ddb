package dev.regild.server.disks;

import dev.regild.disk.ExportFormat;
import dev.regild.disk.NoRoomException;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.disk.export.DiskExport;
import dev.regild.files.Sha256;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One disk that is made of a layer and all that it stands on, in a thread of its own. */
final class Conversion {
  private static final Logger LOG = LoggerFactory.getLogger(Conversion.class);

  private final Path layer;
  private final ExportFormat format;
  private final Path directory;
  private final Path target;
  private final Tools tools;
  private final CompletableFuture<Made> made = new CompletableFuture<>();
  private final Thread thread =
      Thread.ofPlatform().daemon().name("conversion").unstarted(this::run);

  /**
   * What every conversion needs.
   *
   * @param room where the disk's room is reserved
   * @param turns one for each that is made at one time
   * @param makeRoom removes what can be spared; false if there is nothing
   */
  record Tools(RoomReservations room, Semaphore turns, BooleanSupplier makeRoom) {}

  /**
   * A disk that was made.
   *
   * @param sha256 of the file, lower-case hexadecimal; empty where nobody asks for it
   */
  record Made(Path file, Optional<String> sha256) {}

  /** Of a layer, into a file of a directory that is not there yet. */
  Conversion(Path layer, ExportFormat format, Path directory, String name, Tools tools) {
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
  CompletableFuture<Made> made() {
    return made;
  }

  boolean isMade() {
    return made.isDone() && !made.isCompletedExceptionally();
  }

  /** Ends the making and removes the file; nobody reads it any more. */
  void discard() {
    made.completeExceptionally(new IOException("the disk is no longer needed"));
    thread.interrupt();
    if (isMade()) {
      remove();
    }
  }

  private void run() {
    try {
      Made disk;
      tools.turns.acquire();
      try (Reservation reservation = reserve()) {
        convert(reservation);
        disk = new Made(target, sha256());
      } finally {
        tools.turns.release();
      }
      if (!made.complete(disk)) {
        remove();
      }
    } catch (InterruptedException e) {
      remove();
      made.completeExceptionally(new IOException("the disk is no longer needed", e));
    } catch (Throwable e) { // an Error, too: whoever waits would do so for ever
      made.completeExceptionally(e);
      remove();
    }
  }

  private void convert(Reservation reservation)
      throws IOException, ProgramException, InterruptedException {
    DiskExport.write(layer, format, target, reservation.progress());
  }

  /** An OVA names it, and what an OVA packs is a VMDK. */
  private Optional<String> sha256() throws IOException {
    return format == ExportFormat.VMDK
        ? Optional.of(Sha256.interruptibly(target))
        : Optional.empty();
  }

  private Reservation reserve() throws IOException, ProgramException, InterruptedException {
    long bytes = DiskExport.largestBytes(layer);
    try {
      return tools.room.reserve(directory, bytes);
    } catch (NoRoomException e) {
      if (!tools.makeRoom.getAsBoolean()) {
        throw e;
      }
      return tools.room.reserve(directory, bytes);
    }
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
