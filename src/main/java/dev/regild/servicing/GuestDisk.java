package dev.regild.servicing;

import dev.regild.disk.DiskChain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The overlay that a guest runs on. */
public final class GuestDisk {
  private GuestDisk() {}

  /**
   * What an overlay of ours stands on, which its machine must see.
   *
   * @throws GuestException if it names another file than the one that it was made on
   */
  public static List<Path> bases(Path overlay) throws GuestException {
    try {
      return DiskChain.below(overlay);
    } catch (IOException e) {
      throw new GuestException("Cannot open the disk: " + e.getMessage(), e);
    }
  }
}
