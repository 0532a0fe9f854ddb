package dev.regild.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The base files of a layer or overlay of ours. Programs that open one see these files and no
 * others. The header alone must not decide: a machine that runs a guest writes its overlay's file,
 * and a flaw in it could change the base's name.
 *
 * <p>A layer's base is in the same directory, under its bare name. An overlay's base may be any
 * qcow2; its path is kept in a file beside the overlay, which no program sees, and the header must
 * agree.
 */
public final class DiskChain {
  /** More than any number of updates that are made on each other before they are flattened. */
  private static final int LONGEST = 1000;

  private static final String RECORD = ".base";

  private DiskChain() {}

  /**
   * A disk, and below it what it stands on, down to the file that stands alone.
   *
   * @param disk a qcow2
   * @throws IOException if it is not a qcow2, a file of the chain is missing or not a regular file,
   *     or a header names another file than it should
   */
  public static List<Path> of(Path disk) throws IOException {
    List<Path> chain = new ArrayList<>();
    Optional<Path> next = Optional.of(disk.toAbsolutePath());
    while (next.isPresent()) {
      if (chain.contains(next.get()) || chain.size() == LONGEST) {
        throw new IOException("the layers below %s form a cycle".formatted(disk));
      }
      chain.add(next.get());
      next = base(next.get());
    }
    return List.copyOf(chain);
  }

  /** What is below a disk: {@link #of} without the disk itself. */
  public static List<Path> below(Path disk) throws IOException {
    List<Path> chain = of(disk);
    return chain.subList(1, chain.size());
  }

  private static Optional<Path> base(Path disk) throws IOException {
    Optional<String> named = header(disk).backingFile();
    if (named.isEmpty()) {
      return Optional.empty();
    }
    Path record = recordOf(disk);
    Path base =
        Files.exists(record, LinkOption.NOFOLLOW_LINKS)
            ? Path.of(Files.readString(record))
            : disk.resolveSibling(bareName(disk, named.get()));
    boolean agrees = disk.resolveSibling(named.get()).equals(base);
    if (!agrees || !Files.isRegularFile(base, LinkOption.NOFOLLOW_LINKS)) {
      throw misplaced(disk, named.get());
    }
    return Optional.of(base);
  }

  private static Qcow2Header header(Path disk) throws IOException {
    if (!Files.isRegularFile(disk, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("%s does not exist or is not a regular file".formatted(disk));
    }
    try {
      return Qcow2Header.read(disk);
    } catch (UnfitDiskException e) {
      throw new IOException("%s can't be opened: %s".formatted(disk, e.getMessage()), e);
    }
  }

  private static String bareName(Path disk, String name) throws IOException {
    if (name.contains("/") || name.contains(":") || name.indexOf('\0') >= 0 || name.isEmpty()) {
      throw misplaced(disk, name);
    }
    return name;
  }

  private static IOException misplaced(Path disk, String name) {
    return new IOException(
        "%s names %s as its backing file, but it was created on another file"
            .formatted(disk, name));
  }

  /** Keeps what an overlay was made on. */
  static void record(Path overlay, Path base) throws IOException {
    Files.writeString(recordOf(overlay), base.toAbsolutePath().toString());
  }

  public static Path recordOf(Path overlay) {
    return overlay.resolveSibling(overlay.getFileName() + RECORD);
  }
}
