package dev.regild.disk.upload;

import dev.regild.disk.NoRoomException;
import dev.regild.disk.RoomReservations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Hands out room for disks that are being received. What one was promised no other gets, be it of
 * an account's quota or of the file system ({@link RoomReservations}); so two uploads can't both
 * take the last of it.
 */
final class UploadRoom {
  /** An upload that doesn't tell its length is promised so much at a time. */
  private static final long STEP_BYTES = 64L << 20;

  /** Between two looks at what is really free: others write to the file system too. */
  private static final long LOOK_BYTES = 16L << 20;

  private final Stock stock;
  private final Path directory;
  private final RoomReservations room;
  private final Set<Place> places = new HashSet<>();

  /** The disks that an account has. */
  @FunctionalInterface
  interface Stock {
    List<UploadedDisk> of(String account) throws IOException;
  }

  /** Makes a disk known. */
  @FunctionalInterface
  interface Publication {
    void run() throws IOException;
  }

  UploadRoom(Stock stock, Path directory, RoomReservations room) {
    this.stock = stock;
    this.directory = directory;
    this.room = room;
  }

  /**
   * Promises room for one disk.
   *
   * @param declaredLength for all of it; without, room is promised step by step as it comes
   * @throws DiskQuotaException if the account has no room for it
   * @throws NoRoomException if the file system has none
   */
  synchronized Place reserve(String account, DiskQuota quota, OptionalLong declaredLength)
      throws IOException {
    Use use = use(account);
    if (use.disks >= quota.disks()) {
      throw new DiskQuotaException(
          "The quota of disks is %d, and the account %s has %d. Delete one, or ask for a higher quota."
              .formatted(quota.disks(), account, use.disks));
    }
    Place place = new Place(account, quota, room.reserve(directory, 0));
    place.promise(use, Math.max(0, declaredLength.orElse(0)));
    places.add(place);
    return place;
  }

  /** Promises room of the quota alone, for a disk that is in the file system already. */
  synchronized Place promise(String account, DiskQuota quota, long bytes) throws IOException {
    Place place = reserve(account, quota, OptionalLong.empty());
    boolean done = false;
    try {
      place.promiseQuota(use(account), bytes);
      done = true;
      return place;
    } finally {
      if (!done) {
        place.close();
      }
    }
  }

  private Use use(String account) throws IOException {
    List<UploadedDisk> disks = stock.of(account);
    long bytes = disks.stream().mapToLong(UploadedDisk::bytes).sum();
    List<Place> arriving = places.stream().filter(p -> p.account.equals(account)).toList();
    return new Use(
        disks.size() + arriving.size(),
        bytes + arriving.stream().mapToLong(place -> place.promised).sum());
  }

  private record Use(int disks, long bytes) {}

  /** The room of one disk, until it is known or has failed. */
  final class Place implements DiskFile.Room, AutoCloseable {
    private final String account;
    private final DiskQuota quota;
    private final RoomReservations.Reservation reservation;
    private long promised;
    private long written;
    private long looked;

    private Place(String account, DiskQuota quota, RoomReservations.Reservation reservation) {
      this.account = account;
      this.quota = quota;
      this.reservation = reservation;
    }

    @Override
    public void take(int bytes) throws IOException {
      synchronized (UploadRoom.this) {
        long after = written + bytes;
        if (after > promised) {
          promise(use(account), after);
          promiseAhead(use(account), after + STEP_BYTES);
        }
        if (after - looked >= LOOK_BYTES) {
          looked = after;
          reservation.requireStillFree();
        }
        reservation.written(bytes);
        written = after;
      }
    }

    /** Makes the disk known; from then on it counts by itself. */
    void finish(Publication publication) throws IOException {
      synchronized (UploadRoom.this) {
        publication.run();
        close();
      }
    }

    @Override
    public void close() {
      synchronized (UploadRoom.this) {
        places.remove(this);
        reservation.close();
      }
    }

    /** Raises the promise to so many bytes. */
    private void promise(Use use, long total) throws IOException {
      long more = requireQuota(use, total);
      reservation.extend(more);
      promised = total;
    }

    private void promiseQuota(Use use, long total) throws IOException {
      var _ = requireQuota(use, total);
      promised = total;
    }

    /** Returns how much more that is than was promised. */
    private long requireQuota(Use use, long total) throws DiskQuotaException {
      long more = total - promised;
      if (more > quota.bytes() - use.bytes) {
        throw new DiskQuotaException(
            ("The quota of disks is %d GiB, and with this one the account %s would have more"
                    + " (it has %d MiB). Delete one, or ask for a higher quota.")
                .formatted(quota.bytes() >> 30, account, (use.bytes - promised) >> 20));
      }
      return more;
    }

    /** As far as there is room; what is missing is asked for when it is needed. */
    private void promiseAhead(Use use, long total) throws IOException {
      long more = Math.min(total - promised, quota.bytes() - use.bytes);
      if (more > 0) {
        try {
          reservation.extend(more);
          promised += more;
        } catch (NoRoomException e) {
          // It is needed later, if at all.
        }
      }
    }
  }
}
