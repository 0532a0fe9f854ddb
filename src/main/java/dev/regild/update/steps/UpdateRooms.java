package dev.regild.update.steps;

import static java.util.Objects.requireNonNull;

import dev.regild.disk.NoRoomException;
import dev.regild.disk.RoomReservations;
import dev.regild.job.FailedStepException;
import dev.regild.job.StepException;
import dev.regild.machine.FreeSpace;
import dev.regild.plan.UpdatePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The room on the server's disk that running updates need: reserved before anything is written,
 * watched while they run. An update that fails while its file system is full failed because of
 * that, whatever its guest says: a guest knows of errors of its disk only.
 */
public final class UpdateRooms {
  /** What an update takes however small it is: an initramfs, logs, what its trial boot writes. */
  static final long LEAST_BYTES = 384L << 20;

  /**
   * What each byte of a package costs: itself in the cache, its files on the overlay and in the
   * compressed layer, and what is built from them. Measured with the demo's update: 42 MiB of
   * packages, an overlay of 315 MiB and a layer of 85 MiB.
   */
  static final int BYTES_PER_PACKAGE_BYTE = 8;

  /** A package before its size is known, which is when the guest has named the files. */
  private static final long BYTES_PER_CHANGE = 4L << 20;

  private static final String REMEDY =
      "Delete images or disks that nobody needs, or enlarge that file system; then ask for the"
          + " update again.";

  private final RoomReservations reservations;
  private final long markBytes;
  private final Map<String, ServerRoom> rooms = new ConcurrentHashMap<>();

  public UpdateRooms(RoomReservations reservations) {
    this(reservations, FreeSpace.DEFAULT_MARK_BYTES);
  }

  /**
   * @param markBytes below which a file system counts as full
   */
  public UpdateRooms(RoomReservations reservations, long markBytes) {
    this.reservations = reservations;
    this.markBytes = markBytes;
  }

  /**
   * Reserves what an update with so many changes takes at the least.
   *
   * @throws StepException if there is no such room
   */
  void begin(Update update) throws IOException, StepException {
    String imageId = update.newImage().id();
    end(imageId);
    Path workspaces = requireNonNull(update.directory().toAbsolutePath().getParent());
    ServerRoom room =
        new ServerRoom(
            reservations.reserve(workspaces, 0),
            new FreeSpace(workspaces, markBytes),
            List.of(update.overlay(), update.delta()));
    open(imageId, room);
    require(update, leastBytes(update.plan()));
  }

  /** Returns what an update takes at the least, before the sizes of its packages are known. */
  public static long leastBytes(UpdatePlan plan) {
    return LEAST_BYTES + BYTES_PER_CHANGE * plan.changes().size();
  }

  void open(String imageId, ServerRoom room) {
    rooms.put(imageId, room);
  }

  /**
   * Reserves what the update takes, now that its packages are known.
   *
   * @param packageBytes the size of all of them, as they are downloaded
   * @throws StepException if there is no such room
   */
  void requirePackages(Update update, long packageBytes) throws IOException, StepException {
    require(update, LEAST_BYTES + BYTES_PER_PACKAGE_BYTE * packageBytes);
  }

  private void require(Update update, long bytes) throws IOException, StepException {
    ServerRoom room = rooms.get(update.newImage().id());
    if (room == null) {
      throw new IllegalStateException("no room was reserved for " + update.newImage().name());
    }
    try {
      room.require(bytes);
    } catch (NoRoomException e) {
      throw new StepException(
          "the server has no room: %s"
              .formatted(e.shortage("the update of " + update.existing().name(), room.reserved())),
          REMEDY);
    }
  }

  /** What a failure comes from: the server's full disk if it is full, else what the step says. */
  public FailedStepException cause(String imageId, FailedStepException failure) {
    ServerRoom room = rooms.get(imageId);
    boolean known = failure.getCause() instanceof StepException step && step.remedy().isPresent();
    Optional<String> shortage = room == null || known ? Optional.empty() : room.shortage();
    return shortage
        .map(text ->
            failure.because(
                "the server's disk is full: %s.%n%s".formatted(text, failure.reason()), REMEDY))
        .orElse(failure);
  }

  /** Gives back what is reserved for an update, if anything is. */
  public void end(String imageId) {
    ServerRoom room = rooms.remove(imageId);
    if (room != null) {
      room.close();
    }
  }
}
