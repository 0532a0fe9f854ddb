package dev.regild.machine;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Room that must stay free on a file system while a program writes there: a full one would stop
 * everybody else who writes to it, the server's database first.
 *
 * @param place a file or directory on it that is there
 * @param markBytes below which a program that writes there is ended
 */
public record FreeSpace(Path place, long markBytes) {
  /** 256 MiB: what a fast disk takes in the time between two looks, with room for the database. */
  public static final long DEFAULT_MARK_BYTES = 256L << 20;

  /** Looks at the room that is left, again and again. */
  @FunctionalInterface
  interface Gauge {
    /** In bytes. */
    long free() throws IOException;
  }

  /** One for its file system; a look takes some microseconds. */
  Gauge gauge() throws IOException {
    // A file can be removed while its program still runs.
    Path directory = Files.isDirectory(place) ? place : place.toAbsolutePath().getParent();
    FileStore store = Files.getFileStore(directory);
    return store::getUsableSpace;
  }

  /** What is wrong, and what to do. */
  String shortage(long free) {
    return "the file system of %s has only %d MiB free, but %d MiB must stay free; free some space there"
        .formatted(place, free >> 20, markBytes >> 20);
  }
}
