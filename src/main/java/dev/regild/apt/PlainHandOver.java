package dev.regild.apt;

import dev.regild.files.Background;
import dev.regild.files.FileTree;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.OfflineUpgrade;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacks the packages of a transaction while the guest prepares for them, and hands each over as
 * soon as it is ready. The guest unpacks those that it comes to earlier.
 */
final class PlainHandOver implements OfflineUpgrade.HandOver {
  private static final Logger LOG = LoggerFactory.getLogger(PlainHandOver.class);

  /** The guest's programs need a processor themselves. */
  private static final int AT_ONCE = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);

  private final Path work;
  private final Background background;

  private PlainHandOver(Path work, Background background) {
    this.work = work;
    this.background = background;
  }

  /**
   * Starts to unpack, the largest package first.
   *
   * @param packages a directory with packages
   * @param work a directory to make, on the file system of the next
   * @param shared where the guest sees the copies
   */
  static PlainHandOver start(Path packages, Path work, Path shared) {
    return new PlainHandOver(
        work, Background.start("plain-packages", () -> handOver(packages, work, shared)));
  }

  private static void handOver(Path packages, Path work, Path shared) {
    try {
      boolean _ = PlainDebs.copy(packages, work, AT_ONCE, copy -> place(copy, shared));
    } catch (IOException | UncheckedIOException e) {
      LOG.atWarn()
          .addKeyValue("reason", e.getMessage())
          .log("packages can't be unpacked here; the guest unpacks them, which takes longer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the guest has all packages by now
    }
  }

  /** A guest never sees half a package. */
  private static void place(Path copy, Path shared) {
    try {
      Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(copy, shared.resolve(copy.getFileName()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The guest keeps what it has. */
  @Override
  public void close() throws GuestException {
    background.close();
    try {
      FileTree.remove(work);
    } catch (IOException e) {
      throw new GuestException("Cannot remove unpacked packages: " + e.getMessage(), e);
    }
  }
}
