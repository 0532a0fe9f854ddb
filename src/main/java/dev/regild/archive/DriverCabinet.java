package dev.regild.archive;

import dev.regild.machine.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A cabinet with a driver's folder in it. It may be hostile, and is read within limits. */
public final class DriverCabinet {
  private static final long LARGEST = 4L << 30;
  private static final String TOO_MUCH = "it unpacks to far more than a driver";

  private DriverCabinet() {}

  /**
   * Unpacks a cabinet.
   *
   * @param directory is there, and empty
   * @throws ArchiveException if it is damaged or hostile, or holds more than a driver
   */
  public static void unpack(Path cabinet, Path directory)
      throws ArchiveException, IOException, InterruptedException {
    if (FileForm.of(cabinet) != FileForm.CABINET) {
      throw new ArchiveException("its first bytes are not a cabinet's");
    }
    CabinetArchive archive = CabinetArchive.open(cabinet);
    if (archive.unpackedBytes() > LARGEST || archive.files() > DriverZip.MOST_FILES) {
      throw new ArchiveException(TOO_MUCH);
    }
    var _ =
        PackageArchive.run(
            Sandbox.reading(cabinet).writing(directory),
            "cabextract",
            "-q",
            "-s",
            "-d",
            directory.toString(),
            cabinet.toString());
    check(directory);
  }

  private static void check(Path directory) throws ArchiveException, IOException {
    long bytes = 0;
    int files = 0;
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
          bytes += Files.size(each);
          files++;
        } else if (!Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
          throw new ArchiveException("it holds something that is neither a file nor a directory");
        }
      }
    }
    if (bytes > LARGEST || files > DriverZip.MOST_FILES) {
      throw new ArchiveException(TOO_MUCH);
    }
  }
}
