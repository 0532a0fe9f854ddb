package dev.regild.disk;

import java.io.IOException;
import java.nio.file.Path;

/** A file system has no room for what is to be written; nothing has been written of it. */
public final class NoRoomException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String directory;
  private final long wanted;
  private final long free;
  private final long promised;
  private final long margin;

  NoRoomException(Path directory, long wanted, long free, long promised, long margin) {
    super(
        "%s %s: %s are free, of which %s are reserved and %s must stay free. Delete images or disks, or enlarge the file system."
            .formatted(
                directory,
                wanted == 0 ? "is filling up" : "has no room for " + ByteCount.text(wanted),
                ByteCount.text(free),
                ByteCount.text(promised),
                ByteCount.text(margin)));
    this.directory = directory.toString();
    this.wanted = wanted;
    this.free = free;
    this.promised = promised;
    this.margin = margin;
  }

  /**
   * What is needed for what, and what is there: {@code 3.2 GiB needed for …, 377.0 MiB free in
   * DIR}.
   *
   * @param own how much is reserved for it already
   */
  public String shortage(String purpose, long own) {
    return "%s needed for %s, %s free in %s, of which %s are reserved for others and %s must stay free."
        .formatted(
            ByteCount.text(wanted + own),
            purpose,
            ByteCount.text(free),
            directory,
            ByteCount.text(promised - own),
            ByteCount.text(margin));
  }
}
