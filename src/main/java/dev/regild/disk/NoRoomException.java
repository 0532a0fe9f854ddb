package dev.regild.disk;

import java.io.IOException;
import java.nio.file.Path;

/** A file system has no room for what is to be written; nothing has been written of it. */
public final class NoRoomException extends IOException {
  private static final long serialVersionUID = 1L;

  NoRoomException(Path directory, long wanted, long free, long promised, long margin) {
    super(
        "%s %s: %s are free, of which %s are reserved and %s must stay free. Delete images or disks, or enlarge the file system."
            .formatted(
                directory,
                wanted == 0 ? "is filling up" : "has no room for " + ByteCount.text(wanted),
                ByteCount.text(free),
                ByteCount.text(promised),
                ByteCount.text(margin)));
  }
}
