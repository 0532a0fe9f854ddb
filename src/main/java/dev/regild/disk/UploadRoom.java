package dev.regild.disk;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Hands out room for disks that are being received. What one was promised no other gets, be it of
 * an account's quota or of the file system; so two uploads can't both take the last of it.
 */
final class UploadRoom {
  /** What must stay free for everything else. */
  static final long MARGIN_BYTES = 256L << 20;

  /** An upload that doesn't tell its length is promised so much at a time. */
  private static final long STEP_BYTES = 64L << 20;

  /** Between two looks at what is really free: others write to the file system too. */
  private static final long LOOK_BYTES = 16L << 20;

  private final Stock stock;
  private final FreeBytes free;
  private final Set<Place> places = new HashSet<>();

  /** The disks that an account has. */
  @FunctionalInterface
  interface Stock {
    List<UploadedDisk> of(String account) throws IOException;
  }

  /** What is free on the file system, in bytes. */
  @FunctionalInterface
  interface FreeBytes {
    long look() throws IOException;
  }

  /** Makes a disk known. */
  @FunctionalInterface
  interface Publication {
    void run() throws IOException;
  }

  UploadRoom(Stock stock, FreeBytes free) {
    this.stock = stock;
    this.free = free;
  }

  /**
   * Promises room for one disk.
   *
   * @param declaredLength for all of it; without, room is promised step by step as it comes
   * @throws DiskQuotaException if the account has no room for it
   * @throws IOException if the file system has none
   */
  synchronized Place reserve(String account, DiskQuota quota, OptionalLong declaredLength)
      throws IOException {
    Use use = use(account);
    if (use.disks >= quota.disks()) {
      throw new DiskQuotaException(
          "The quota of disks is %d, and the account %s has %d. Delete one, or have the quota raised."
              .formatted(quota.disks(), account, use.disks));
    }
    Place place = new Place(account, quota);
    place.promise(use, Math.max(0, declaredLength.orElse(0)));
    places.add(place);
    return place;
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
  final class Place implements AutoCloseable {
    private final String account;
    private final DiskQuota quota;
    private long promised;
    private long written;
    private long looked;

    private Place(String account, DiskQuota quota) {
      this.account = account;
      this.quota = quota;
    }

    /**
     * Takes room for the next bytes, before they are written.
     *
     * @throws DiskQuotaException if the account's quota has no more
     * @throws IOException if the file system is filling up
     */
    void take(int bytes) throws IOException {
      synchronized (UploadRoom.this) {
        long after = written + bytes;
        if (after > promised) {
          promise(use(account), after);
          promiseAhead(use(account), after + STEP_BYTES);
        }
        if (after - looked >= LOOK_BYTES) {
          looked = after;
          requireFree(free.look(), 0);
        }
        written = after;
      }
    }

    /** Makes the disk known; from then on it counts by itself. */
    void finish(Publication publication) throws IOException {
      synchronized (UploadRoom.this) {
        publication.run();
        places.remove(this);
      }
    }

    @Override
    public void close() {
      synchronized (UploadRoom.this) {
        places.remove(this);
      }
    }

    /** Raises the promise to so many bytes. */
    private void promise(Use use, long total) throws IOException {
      long more = total - promised;
      if (more > quota.bytes() - use.bytes) {
        throw new DiskQuotaException(
            ("The quota of disks is %d GiB, and with this one the account %s would have more"
                    + " (it has %d MiB). Delete one, or have the quota raised.")
                .formatted(quota.bytes() >> 30, account, (use.bytes - promised) >> 20));
      }
      requireFree(free.look(), more);
      promised = total;
    }

    /** As far as there is room; what is missing is asked for when it is needed. */
    private void promiseAhead(Use use, long total) throws IOException {
      long more = Math.min(total - promised, quota.bytes() - use.bytes);
      if (more > 0 && more <= free.look() - MARGIN_BYTES - outstanding()) {
        promised += more;
      }
    }

    private void requireFree(long freeBytes, long more) throws IOException {
      long needed = more == 0 ? 0 : more + outstanding();
      if (needed > freeBytes - MARGIN_BYTES) {
        throw new IOException(
            "no room for %s: %d bytes are free, of which %d must stay free; delete images, or make room"
                .formatted(
                    written == 0 ? "a disk of " + more + " bytes" : "the rest of the disk",
                    freeBytes,
                    MARGIN_BYTES));
      }
    }
  }

  /** What was promised and isn't written yet. */
  private long outstanding() {
    return places.stream().mapToLong(place -> place.promised - place.written).sum();
  }
}
