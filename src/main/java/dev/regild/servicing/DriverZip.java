package dev.regild.servicing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Enumeration;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** A driver's folder in a zip archive, which may be of anybody's making. */
final class DriverZip {
  /** Graphics drivers have some thousand files and about 2 GiB. */
  private static final int MAX_ENTRIES = 20_000;

  private static final long MAX_BYTES = 8L << 30;

  private DriverZip() {}

  /**
   * Expands an archive into an empty directory.
   *
   * @throws GuestException if it is damaged, holds names that lead out of the directory, links, or
   *     more than a driver has
   */
  static void expand(Path zip, Path directory) throws IOException {
    try (ZipFile archive = ZipFile.builder().setPath(zip).get()) {
      int entries = 0;
      long left = MAX_BYTES;
      Enumeration<ZipArchiveEntry> all = archive.getEntries();
      while (all.hasMoreElements()) {
        ZipArchiveEntry entry = all.nextElement();
        if (++entries > MAX_ENTRIES) {
          throw refused(zip, "has more than " + MAX_ENTRIES + " files");
        }
        Path target = target(zip, directory, entry);
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          left -= copy(zip, archive, entry, target, left);
        }
      }
    } catch (GuestException e) {
      throw e;
    } catch (FileAlreadyExistsException e) {
      throw refused(zip, "names a file twice: " + e.getFile());
    } catch (IOException | IllegalArgumentException e) {
      throw new GuestException(
          "The driver package " + zip.getFileName() + " can't be expanded: " + e.getMessage(), e);
    }
  }

  private static Path target(Path zip, Path directory, ZipArchiveEntry entry)
      throws GuestException {
    String name = entry.getName().replace('\\', '/');
    try {
      Path target = directory.resolve(name).normalize();
      if (entry.isUnixSymlink()
          || name.startsWith("/")
          || name.contains(":")
          || !target.startsWith(directory)
          || target.equals(directory)) {
        throw refused(zip, "holds " + entry.getName() + ", which leads out of its folder");
      }
      return target;
    } catch (InvalidPathException e) {
      throw refused(zip, "holds a name that is none");
    }
  }

  private static long copy(
      Path zip, ZipFile archive, ZipArchiveEntry entry, Path target, long limit)
      throws IOException {
    long copied = 0;
    byte[] buffer = new byte[64 * 1024];
    try (InputStream in = archive.getInputStream(entry);
        OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        copied += n;
        if (copied > limit) {
          throw refused(zip, "holds more than " + (MAX_BYTES >> 30) + " GiB");
        }
        out.write(buffer, 0, n);
      }
    }
    return copied;
  }

  private static GuestException refused(Path zip, String what) {
    return new GuestException("The driver package " + zip.getFileName() + " " + what + ".");
  }
}
