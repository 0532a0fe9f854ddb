package dev.regild.disk;

import java.io.IOException;
import java.nio.file.Path;

/** A file system has no room for what is to be written; nothing has been written of it. */
public final class NoRoomException extends IOException {
  private static final long serialVersionUID = 1L;

  NoRoomException(Path directory, long wanted, long free, long promised, long margin) {
    super(
        "%s has no room for %d bytes: %d bytes are free, of which %d are reserved and %d must stay free. Delete images or disks, or enlarge the file system."
            .formatted(directory, wanted, free, promised, margin));
  }
}
