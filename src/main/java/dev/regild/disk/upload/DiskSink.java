package dev.regild.disk.upload;

import dev.regild.disk.UnfitDiskException;
import java.io.IOException;

/** Takes the bytes of a disk, from its first to its last. */
@FunctionalInterface
interface DiskSink {
  /**
   * Takes the next bytes.
   *
   * @return whether it wants more
   * @throws UnfitDiskException if they show that the disk is not accepted
   */
  boolean write(byte[] buffer, int offset, int length) throws IOException, UnfitDiskException;
}
