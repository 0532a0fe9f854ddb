package dev.regild.archive;

import static java.util.Locale.ROOT;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.ZipException;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** A zip with a driver's folder in it. It may be hostile, and is read within limits. */
public final class DriverZip {
  /** Graphics drivers have some thousand files and about 2 GiB. */
  public static final int MOST_FILES = 10_000;

  private static final long LARGEST = 4L << 30;

  /** Zeros pack a thousandfold; binaries of drivers two- to tenfold. */
  private static final int MOST_PACKED = 100;

  private static final long ALWAYS_ALLOWED = 100L << 20;

  private DriverZip() {}

  /**
   * Unpacks a zip into an empty directory.
   *
   * @throws ArchiveException if it is damaged or hostile
   */
  public static void unpack(Path zip, Path directory) throws ArchiveException, IOException {
    readEach(
        zip,
        (entry, content) -> {
          try {
            Path target = directory.resolve(entry.getName());
            if (entry.isDirectory()) {
              Files.createDirectories(target);
            } else {
              Files.createDirectories(target.resolveSibling("."));
              Files.copy(content, target);
            }
          } catch (FileAlreadyExistsException | InvalidPathException e) {
            throw new ArchiveException(
                "it holds '" + entry.getName() + "', which can be no file's name here", e);
          }
        });
  }

  /** Takes what a zip holds. */
  public interface MemberReader {
    /**
     * Reads one entry.
     *
     * @param entry whose name has slashes and does not lead out of the zip
     * @param content what of it is not read counts too
     */
    void read(ZipArchiveEntry entry, InputStream content) throws ArchiveException, IOException;
  }

  /**
   * Gives out every entry, and reads each to its end, so that what can't be unpacked shows.
   *
   * @throws ArchiveException if it is damaged or hostile
   */
  public static void readEach(Path zip, MemberReader reader) throws ArchiveException, IOException {
    try (ZipFile file = opened(zip)) {
      Budget budget = new Budget(Math.max(ALWAYS_ALLOWED, Files.size(zip) * MOST_PACKED));
      Set<String> seen = new HashSet<>();
      Enumeration<ZipArchiveEntry> entries = file.getEntries();
      while (entries.hasMoreElements()) {
        ZipArchiveEntry entry = entries.nextElement();
        check(entry, seen);
        try (InputStream content = budget.counting(content(file, entry))) {
          reader.read(entry, content);
          content.transferTo(OutputStream.nullOutputStream());
        }
      }
    } catch (ZipException e) {
      throw new ArchiveException("the zip cannot be unpacked: " + e.getMessage(), e);
    }
  }

  /** Commons Compress tells damage by exceptions of many kinds. */
  private static ZipFile opened(Path zip) throws ZipException {
    try {
      return ZipFile.builder().setPath(zip).get();
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    }
  }

  private static InputStream content(ZipFile file, ZipArchiveEntry entry) throws ZipException {
    try {
      InputStream content = file.getInputStream(entry);
      if (content == null) {
        throw new ZipException("it packs " + entry.getName() + " in an unknown way");
      }
      return content;
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    }
  }

  private static ZipException damaged(Exception cause) {
    ZipException damaged = new ZipException(String.valueOf(cause.getMessage()));
    damaged.initCause(cause);
    return damaged;
  }

  private static void check(ZipArchiveEntry entry, Set<String> seen) throws ArchiveException {
    String name = entry.getName();
    if (entry.isUnixSymlink()) {
      throw new ArchiveException(
          "it contains the link " + name + "; replace the link with the file");
    }
    PackageArchive.checkName(name.replace('\\', '/'));
    if (name.contains("\\") || !seen.add(name.toLowerCase(ROOT))) {
      throw new ArchiveException(
          "it holds '" + name + "' twice, or with a backslash; create the zip with another tool");
    }
    if (seen.size() > MOST_FILES) {
      throw new ArchiveException("it holds more than " + MOST_FILES + " files");
    }
  }

  /** What is left of the bytes that a zip may hold. */
  private static final class Budget {
    private long left;

    Budget(long allowed) {
      this.left = Math.min(LARGEST, allowed);
    }

    InputStream counting(InputStream in) {
      return new FilterInputStream(in) {
        @Override
        public int read() throws IOException {
          byte[] one = new byte[1];
          return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
          int read = unpacked(bytes, offset, length);
          take(Math.max(0, read));
          return read;
        }

        // What fails here is the zip's fault; all else, such as a full disk, is not.
        private int unpacked(byte[] bytes, int offset, int length) throws ZipException {
          try {
            return super.read(bytes, offset, length);
          } catch (IOException | RuntimeException e) {
            throw damaged(e);
          }
        }
      };
    }

    private void take(int bytes) throws ZipException {
      left -= bytes;
      if (left < 0) {
        throw new ZipException("it unpacks to far more than a driver");
      }
    }
  }
}
