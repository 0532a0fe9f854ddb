package dev.regild.apt;

import dev.regild.files.FileTree;
import dev.regild.files.Parallel;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The packages of a transaction, each copied with its files uncompressed ({@link PlainDeb}). */
final class PlainDebs {
  private static final Logger LOG = LoggerFactory.getLogger(PlainDebs.class);
  private static final int MOST_AT_ONCE = 4;

  private PlainDebs() {}

  /**
   * Copies the packages that can be copied. The guest unpacks the others, and reports what is wrong
   * with them.
   *
   * @param packages a directory with packages
   * @param plain a directory to make; leftovers of an interrupted job are removed from it
   * @return whether it has any copy
   */
  static boolean copy(Path packages, Path plain) throws IOException, InterruptedException {
    FileTree.remove(plain);
    Files.createDirectories(plain);
    try (Stream<Path> files = Files.list(packages)) {
      List<Parallel.Task<Boolean, IOException>> tasks =
          files
              .filter(file -> file.toString().endsWith(".deb") && Files.isRegularFile(file))
              .<Parallel.Task<Boolean, IOException>>map(file -> () -> copyOne(file, plain))
              .toList();
      int atOnce = Math.min(MOST_AT_ONCE, Runtime.getRuntime().availableProcessors());
      return Parallel.run(atOnce, tasks).contains(true);
    }
  }

  private static boolean copyOne(Path deb, Path plain) throws InterruptedException {
    try {
      return PlainDeb.copy(deb, plain.resolve(deb.getFileName()));
    } catch (IOException | ProgramException e) {
      LOG.atWarn()
          .addKeyValue("package", deb.getFileName())
          .addKeyValue("reason", e.getMessage())
          .log("a package is left to the guest to unpack, which takes longer");
      return false;
    }
  }
}
