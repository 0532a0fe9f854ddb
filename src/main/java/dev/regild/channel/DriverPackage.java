package dev.regild.channel;

import static java.util.Locale.ROOT;

import dev.regild.plan.WindowsPackage;
import dev.regild.plan.WindowsVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A driver's folder, which a catalogue keeps as a zip: INFs, and what they name. A zip may be
 * hostile, and is unpacked for the guest, so every entry is read to its end here.
 */
final class DriverPackage {
  private static final int MOST_FILES = 10_000;
  private static final long LARGEST = 4L << 30;
  private static final int LARGEST_INF = 4 << 20;

  /** Zeros pack a thousandfold; binaries of drivers two- to tenfold. */
  private static final int MOST_PACKED = 100;

  private static final long ALWAYS_ALLOWED = 100L << 20;

  /** In no time zone, so that the same folder makes the same zip wherever that is done. */
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 2, 0, 0);

  private DriverPackage() {}

  /**
   * Packs a folder; the same content makes the same bytes.
   *
   * @throws ChannelException if it holds no INF, a link, or too much
   */
  static void pack(Path folder, Path zip) throws ChannelException, IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : (Iterable<Path>) files::iterator) {
        if (Files.isSymbolicLink(each)) {
          throw new ChannelException("it holds the link " + each + "; put the file in its place");
        }
        if (Files.isRegularFile(each)) {
          names.add(folder.relativize(each).toString());
        }
        if (names.size() > MOST_FILES) {
          throw new ChannelException("it holds more than " + MOST_FILES + " files");
        }
      }
    }
    if (names.stream().noneMatch(DriverPackage::isInf)) {
      throw new ChannelException("it holds no .inf file, so it is no driver's folder");
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
   * The drivers in a zip, one for each INF that is for an architecture.
   *
   * @throws ChannelException if there is none, or the zip is damaged or hostile
   */
  static List<PackageFacts> read(Path zip, String architecture)
      throws ChannelException, IOException {
    List<PackageFacts> drivers = new ArrayList<>();
    Set<String> others = new TreeSet<>();
    try (ZipFile file = ZipFile.builder().setPath(zip).get()) {
      Budget budget = new Budget(Math.max(ALWAYS_ALLOWED, Files.size(zip) * MOST_PACKED));
      Set<String> seen = new HashSet<>();
      Map<String, String> paths = new HashMap<>();
      Enumeration<ZipArchiveEntry> entries = file.getEntries();
      while (entries.hasMoreElements()) {
        ZipArchiveEntry entry = entries.nextElement();
        checkEntry(entry, seen);
        byte[] inf = readEntry(file, entry, budget);
        if (isInf(entry.getName())) {
          InfFile parsed = parse(entry, inf);
          Set<String> ids = parsed.hardwareIds().getOrDefault(architecture, Set.of());
          if (ids.isEmpty()) {
            others.addAll(parsed.hardwareIds().keySet());
          } else {
            PackageFacts driver = facts(entry.getName(), parsed, architecture, ids);
            requireOne(driver.name(), entry.getName(), paths.put(driver.name(), entry.getName()));
            drivers.add(driver);
          }
        }
      }
    } catch (ZipException e) {
      throw new ChannelException("it is a zip that is damaged: " + e.getMessage(), e);
    }
    if (drivers.isEmpty()) {
      throw new ChannelException(
          others.isEmpty()
              ? "it holds no .inf file that names devices, so it is no driver"
              : "its drivers are for " + String.join(", ", others) + ", not for " + architecture);
    }
    return drivers;
  }

  /** Of a vendor's whole tree nobody could say which one an image should get. */
  private static void requireOne(String inf, String path, @Nullable String other)
      throws ChannelException {
    if (other != null) {
      throw new ChannelException(
          "it holds %s twice, as %s and %s; add the folder of your release alone, such as"
                  .formatted(inf, other, path)
              + " NetKVM/2k22/amd64 of virtio-win");
    }
  }

  private static void checkEntry(ZipArchiveEntry entry, Set<String> seen) throws ChannelException {
    String name = entry.getName();
    if (entry.isUnixSymlink()) {
      throw new ChannelException("it holds the link " + name + "; put the file in its place");
    }
    PackageArchive.checkName(name.replace('\\', '/'));
    if (name.contains("\\") || !seen.add(name.toLowerCase(ROOT))) {
      throw new ChannelException(
          "it holds '" + name + "' twice, or with a backslash; make the zip with other tools");
    }
    if (seen.size() > MOST_FILES) {
      throw new ChannelException("it holds more than " + MOST_FILES + " files");
    }
  }

  /** What is left of the bytes that a zip may hold. */
  private static final class Budget {
    private long left;

    Budget(long allowed) {
      this.left = Math.min(LARGEST, allowed);
    }

    void take(int bytes) throws ChannelException {
      left -= bytes;
      if (left < 0) {
        throw new ChannelException(
            "it unpacks to far more than a driver is; if it is one, add its folder instead");
      }
    }
  }

  /** Its bytes if it is an INF, else none; all are read, so that what can't be unpacked shows. */
  private static byte[] readEntry(ZipFile file, ZipArchiveEntry entry, Budget budget)
      throws ChannelException, IOException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = file.getInputStream(entry)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        budget.take(n);
        if (isInf(entry.getName())) {
          kept.write(buffer, 0, n);
        }
        if (kept.size() > LARGEST_INF) {
          throw new ChannelException(entry.getName() + " in it is too large for an INF");
        }
      }
    }
    return kept.toByteArray();
  }

  private static boolean isInf(String name) {
    return name.toLowerCase(ROOT).endsWith(".inf");
  }

  private static InfFile parse(ZipArchiveEntry entry, byte[] inf) throws ChannelException {
    try {
      return InfFile.parse(inf);
    } catch (ChannelException e) {
      throw new ChannelException(entry.getName() + " in it: " + e.getMessage(), e);
    }
  }

  private static PackageFacts facts(
      String path, InfFile inf, String architecture, Set<String> hardwareIds) {
    return new PackageFacts(
        WindowsPackage.Kind.DRIVER,
        path.substring(path.lastIndexOf('/') + 1).toLowerCase(ROOT),
        WindowsVersion.ofDriver(inf.date(), inf.version()),
        architecture,
        "",
        List.of(),
        "",
        false,
        List.copyOf(hardwareIds),
        "");
  }
}
