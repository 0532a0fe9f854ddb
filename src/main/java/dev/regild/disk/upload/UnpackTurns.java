package dev.regild.disk.upload;

import dev.regild.disk.DisksBusyException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Turns at unpacking, which takes memory for as long as an upload lasts: so many at one time as fit
 * into half of the heap that this process may have, and of these half for each account; with less
 * than 512 MiB of heap there is one. The window of zstd lies beside the heap and is not counted.
 */
final class UnpackTurns {
  /**
   * What a turn may take, whatever comes meanwhile: 250 GB at 3 MB/s. A connection has a least rate
   * besides.
   */
  static final Duration LONGEST = Duration.ofHours(24);

  private static final int MOST = 16;

  private final int most;
  private final int mostOfAccount;
  private final Map<String, Integer> taken = new HashMap<>();
  private int together;

  UnpackTurns() {
    this(Runtime.getRuntime().maxMemory());
  }

  UnpackTurns(long memoryBytes) {
    this.most = Math.clamp((memoryBytes >> 21) / DiskCompression.MEMORY_MIB, 1, MOST);
    this.mostOfAccount = (most + 1) / 2;
  }

  /** A turn that was taken. */
  @FunctionalInterface
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes a turn.
   *
   * @throws DisksBusyException if there is none now
   */
  synchronized Turn take(String account) throws DisksBusyException {
    int own = taken.getOrDefault(account, 0);
    if (own >= mostOfAccount || together >= most) {
      throw new DisksBusyException(
          "The server unpacks %d other disks, %d of them of this account. Try again when one has arrived, or send the disk unpacked."
              .formatted(together, own));
    }
    taken.put(account, own + 1);
    together++;
    return () -> giveBack(account);
  }

  private synchronized void giveBack(String account) {
    taken.computeIfPresent(account, (_, own) -> own > 1 ? own - 1 : null);
    together--;
  }
}
