package dev.regild.windows.catalogue;

import static java.util.Locale.ROOT;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.DriverZip;
import dev.regild.windows.registry.WindowsVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/** A driver's folder, which a catalogue keeps as a zip: INFs, and what they name. */
final class DriverReader {
  private static final int LARGEST_INF = 4 << 20;

  /** In no time zone, so that the same folder makes the same zip wherever that is done. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 2, 0, 0);

  private DriverReader() {}

  /**
   * Packs a folder; the same content makes the same bytes.
   *
   * @throws ArchiveException if it holds no INF, a link, or too much
   */
  static void pack(Path folder, Path zip) throws ArchiveException, IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : (Iterable<Path>) files::iterator) {
        if (Files.isSymbolicLink(each)) {
          throw new ArchiveException(
              "it contains the link " + each + "; replace the link with the file");
        }
        if (Files.isRegularFile(each)) {
          names.add(folder.relativize(each).toString());
        }
        if (names.size() > DriverZip.MOST_FILES) {
          throw new ArchiveException("it holds more than " + DriverZip.MOST_FILES + " files");
        }
      }
    }
    if (names.stream().noneMatch(DriverReader::isInf)) {
      throw new ArchiveException("it contains no .inf file, so it is not a driver directory");
    }
    try (OutputStream file = Files.newOutputStream(zip);
        ZipOutputStream out = new ZipOutputStream(file)) {
      for (String name : names) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        out.putNextEntry(entry);
        Files.copy(folder.resolve(name), out);
        out.closeEntry();
      }
    }
  }

  /**
   * What a zip holds.
   *
   * @param passedOver the INFs in it that are no driver's, and why, one line each
   */
  record Contents(List<PackageFacts> drivers, List<String> passedOver) {
    Contents {
      drivers = List.copyOf(drivers);
      passedOver = List.copyOf(passedOver);
    }
  }

  /**
   * The drivers in a zip, one for each INF that is for an architecture.
   *
   * @throws ArchiveException if there is none, or the zip is damaged or hostile
   */
  static Contents read(Path zip, String architecture) throws ArchiveException, IOException {
    List<PackageFacts> drivers = new ArrayList<>();
    List<String> passedOver = new ArrayList<>();
    Set<String> others = new TreeSet<>();
    Map<String, String> paths = new HashMap<>();
    DriverZip.readEach(
        zip,
        (entry, content) -> {
          if (!isInf(entry.getName())) {
            return;
          }
          Optional<InfFile> parsed = parse(entry.getName(), content, passedOver);
          if (parsed.isEmpty()) {
            return;
          }
          InfFile inf = parsed.get();
          Set<String> ids = inf.hardwareIds().getOrDefault(architecture, Set.of());
          if (ids.isEmpty()) {
            others.addAll(inf.hardwareIds().keySet());
          } else {
            PackageFacts driver = facts(entry.getName(), inf, architecture, ids);
            requireOne(driver.name(), entry.getName(), paths.put(driver.name(), entry.getName()));
            drivers.add(driver);
          }
        });
    if (drivers.isEmpty()) {
      String why = passedOver.isEmpty() ? "" : " (" + String.join("; ", passedOver) + ")";
      throw new ArchiveException(
          others.isEmpty()
              ? "it contains no .inf file that names devices, so it is not a driver" + why
              : "its drivers are for " + String.join(", ", others) + ", not for " + architecture);
    }
    return new Contents(drivers, passedOver);
  }

  /** Of a vendor's whole tree nobody could say which one an image should get. */
  private static void requireOne(String inf, String path, @Nullable String other)
      throws ArchiveException {
    if (other != null) {
      throw new ArchiveException(
          "it contains %s twice, as %s and %s; add only the directory for your release, such as"
                  .formatted(inf, other, path)
              + " NetKVM/2k22/amd64 of virtio-win");
    }
  }

  private static boolean isInf(String name) {
    return name.toLowerCase(ROOT).endsWith(".inf");
  }

  /** Empty if it is not a driver's. */
  private static Optional<InfFile> parse(String name, InputStream content, List<String> passedOver)
      throws ArchiveException, IOException {
    byte[] inf = content.readNBytes(LARGEST_INF + 1);
    if (inf.length > LARGEST_INF) {
      throw new ArchiveException(name + " in it is too large for an INF");
    }
    try {
      return Optional.of(InfFile.parse(inf));
    } catch (NoDriverException e) {
      passedOver.add(name + " is not a driver's: " + e.getMessage());
      return Optional.empty();
    } catch (ArchiveException e) {
      throw new ArchiveException(name + " in it: " + e.getMessage(), e);
    }
  }

  private static PackageFacts facts(
      String path, InfFile inf, String architecture, Set<String> hardwareIds) {
    return PackageFacts.ofDriver(
        path.substring(path.lastIndexOf('/') + 1).toLowerCase(ROOT),
        WindowsVersion.ofDriver(inf.date(), inf.version()),
        architecture,
        List.copyOf(hardwareIds));
  }
}
