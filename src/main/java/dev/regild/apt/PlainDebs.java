package dev.regild.apt;

import dev.regild.files.FileTree;
import dev.regild.files.Parallel;
import dev.regild.machine.FreeSpace;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The packages of a transaction, each copied with its files uncompressed ({@link PlainDeb}). */
final class PlainDebs {
  private static final Logger LOG = LoggerFactory.getLogger(PlainDebs.class);
  private static final int MOST_AT_ONCE = 4;

  /**
   * The most space for each byte of a package: xz makes its files up to six times smaller, and they
   * are stored here and on the disk that is handed over.
   */
  private static final int BYTES_PER_PACKAGE_BYTE = 12;

  private PlainDebs() {}

  /**
   * Copies the packages that can be copied. The guest unpacks the others, and reports what is wrong
   * with them.
   *
   * @param packages a directory with packages
   * @param plain a directory to make; leftovers of an interrupted job are removed from it
   * @return whether it has any copy; false too if its file system has no room for the copies
   */
  static boolean copy(Path packages, Path plain) throws IOException, InterruptedException {
    int atOnce = Math.min(MOST_AT_ONCE, Runtime.getRuntime().availableProcessors());
    return copy(packages, plain, atOnce, copy -> {});
  }

  /**
   * As {@link #copy(Path, Path)}, beginning with the largest package.
   *
   * @param atOnce how many are unpacked at the same time
   * @param onCopy is given each copy when it is whole
   */
  static boolean copy(Path packages, Path plain, int atOnce, Consumer<Path> onCopy)
      throws IOException, InterruptedException {
    FileTree.remove(plain);
    Files.createDirectories(plain);
    long free = Files.getFileStore(plain).getUsableSpace();
    return copy(packages, plain, atOnce, free, onCopy);
  }

  /**
   * The same.
   *
   * @param free bytes of its file system
   */
  static boolean copy(Path packages, Path plain, int atOnce, long free, Consumer<Path> onCopy)
      throws IOException, InterruptedException {
    List<Path> debs;
    try (Stream<Path> files = Files.list(packages)) {
      debs =
          files
              .filter(file -> file.toString().endsWith(".deb") && Files.isRegularFile(file))
              .sorted(Comparator.comparingLong((Path file) -> file.toFile().length()).reversed())
              .toList();
    }
    if (!hasRoom(debs, free)) {
      LOG.atInfo()
          .addKeyValue("directory", plain)
          .addKeyValue("freeBytes", free)
          .log(
              "too little space here to unpack packages; the guest unpacks them, which takes longer");
      return false;
    }
    List<Parallel.Task<Boolean, IOException>> tasks =
        debs.stream()
            .<Parallel.Task<Boolean, IOException>>map(file -> () -> copyOne(file, plain, onCopy))
            .toList();
    return Parallel.run(atOnce, tasks).contains(true);
  }

  /** Whether enough space stays free. Without copies, the update only takes longer. */
  private static boolean hasRoom(List<Path> debs, long free) throws IOException {
    long bytes = 0;
    for (Path each : debs) {
      bytes += Files.size(each);
    }
    return bytes <= (free - FreeSpace.DEFAULT_MARK_BYTES) / BYTES_PER_PACKAGE_BYTE;
  }

  private static boolean copyOne(Path deb, Path plain, Consumer<Path> onCopy)
      throws InterruptedException {
    Path copy = plain.resolve(deb.getFileName());
    try {
      boolean copied = PlainDeb.copy(deb, copy);
      if (copied) {
        onCopy.accept(copy);
      }
      return copied;
    } catch (IOException | ProgramException e) {
      LOG.atWarn()
          .addKeyValue("package", deb.getFileName())
          .addKeyValue("reason", e.getMessage())
          .log("a package can't be unpacked here; the guest unpacks it, which takes longer");
      return false;
    }
  }
}
