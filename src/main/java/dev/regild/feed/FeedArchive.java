package dev.regild.feed;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.github.luben.zstd.ZstdInputStream;
import dev.regild.files.HeaderLimit;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The documents of a file, JSON unless another form is named: one by itself, or those of a zip or a
 * tar; a tar and a document may be compressed with zstd or gzip. Read in order, within limits,
 * which also hold for what is passed over.
 */
final class FeedArchive {
  private static final int MOST_FILES = 2_000_000;

  /** It may be a list of all records; its readers limit what they keep of it. */
  private static final long LARGEST_DOCUMENT = 512L << 20;

  private static final long LARGEST = 128L << 30;
  private static final int TAR_MAGIC_AT = 257;

  /** Of one file in a tar: so few that the library, which calls itself for each, has the stack. */
  private static final int MOST_HEADER_BYTES = 256 << 10;

  private final Path file;
  private final String suffix;
  private final long most;
  private final Document visitor;
  private final byte[] passed = new byte[1 << 16];
  private int files;
  private int documents;
  private long bytes;

  private FeedArchive(Path file, String suffix, long most, Document visitor) {
    this.file = file;
    this.suffix = suffix;
    this.most = most;
    this.visitor = visitor;
  }

  /** Reads a document. */
  interface Document {
    void read(InputStream in) throws IOException, MalformedFeedException;
  }

  /** Reads each document of a file. */
  static void each(Path file, Document visitor) throws IOException, MalformedFeedException {
    each(file, LARGEST, visitor);
  }

  /**
   * Reads each document of another form than JSON.
   *
   * @param suffix of their names in an archive: {@code .xml}
   */
  static void each(Path file, String suffix, Document visitor)
      throws IOException, MalformedFeedException {
    each(file, suffix, LARGEST, visitor);
  }

  /**
   * Reads each document of a file.
   *
   * @param most how many bytes it may unpack to, with all that is no document
   */
  static void each(Path file, long most, Document visitor)
      throws IOException, MalformedFeedException {
    each(file, ".json", most, visitor);
  }

  private static void each(Path file, String suffix, long most, Document visitor)
      throws IOException, MalformedFeedException {
    FeedArchive archive = new FeedArchive(file, suffix, most, visitor);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      archive.read(in);
    } catch (EOFException | ZipException e) {
      throw new MalformedFeedException(
          "it is cut short or damaged (%s)".formatted(e.getMessage()), e);
    }
    if (archive.documents == 0) {
      throw new MalformedFeedException(
          "it has no %s document in it".formatted(suffix.substring(1).toUpperCase(Locale.ROOT)));
    }
  }

  private void read(InputStream in) throws IOException, MalformedFeedException {
    byte[] head = head(in, 4);
    if (head[0] == 'P' && head[1] == 'K') {
      zip(in);
    } else if (head[0] == 0x28 && head[1] == (byte) 0xb5) {
      try (InputStream plain = new BufferedInputStream(new ZstdInputStream(in), 1 << 16)) {
        tarOrDocument(plain);
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        throw damaged(e);
      }
    } else if (head[0] == 0x1f && head[1] == (byte) 0x8b) {
      try (InputStream plain = new BufferedInputStream(new GZIPInputStream(in), 1 << 16)) {
        tarOrDocument(plain);
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        throw damaged(e);
      }
    } else {
      tarOrDocument(in);
    }
  }

  private static MalformedFeedException damaged(IOException e) {
    return new MalformedFeedException(
        "it is cut short or damaged (%s)".formatted(e.getMessage()), e);
  }

  private static byte[] head(InputStream in, int length) throws IOException {
    in.mark(length);
    byte[] head = new byte[length];
    int read = in.readNBytes(head, 0, length);
    in.reset();
    return read < 2 ? new byte[length] : head;
  }

  private void tarOrDocument(InputStream in) throws IOException, MalformedFeedException {
    byte[] head = head(in, TAR_MAGIC_AT + 5);
    if (new String(head, TAR_MAGIC_AT, 5, US_ASCII).equals("ustar")) {
      tar(in);
    } else {
      document(in);
    }
  }

  private void tar(InputStream in) throws IOException, MalformedFeedException {
    boolean goesOn = true;
    while (goesOn) {
      HeaderLimit limited =
          new HeaderLimit(
              in,
              MOST_HEADER_BYTES,
              () -> new IOException("the headers of a file in the tar take more than 256 KiB"));
      // A new one for each file: the library keeps headers that are to hold for all later ones.
      @SuppressWarnings("resource") // the caller's
      TarArchiveInputStream tar = new TarArchiveInputStream(limited);
      goesOn = file(tar, limited);
    }
  }

  /** Reads the next file of a tar; returns false if there is none. */
  private boolean file(TarArchiveInputStream tar, HeaderLimit limited)
      throws IOException, MalformedFeedException {
    limited.headerBegins();
    TarArchiveEntry entry;
    try {
      entry = tar.getNextEntry();
    } catch (IllegalArgumentException e) {
      throw new MalformedFeedException("it has a header that can't be read", e);
    }
    limited.headerEnds();
    count(limited.position());
    if (entry == null) {
      return false;
    }
    countFile();
    if (entry.isSparse()) {
      throw new MalformedFeedException("a file of it is sparse");
    }
    long ends = limited.position() + entry.getSize();
    ends += -entry.getSize() & (TarConstants.DEFAULT_RCDSIZE - 1);
    read(tar, entry.isFile() && entry.getName().endsWith(suffix));
    // What fills the last block, and what a directory has.
    count(Math.max(0, ends - limited.position()));
    if (!limited.skipTo(ends)) {
      throw new EOFException("a file in the tar ends behind the tar");
    }
    return true;
  }

  private void zip(InputStream in) throws IOException, MalformedFeedException {
    try (ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry each = zip.getNextEntry(); each != null; each = zip.getNextEntry()) {
        countFile();
        read(zip, !each.isDirectory() && each.getName().endsWith(suffix));
      }
    } catch (IllegalArgumentException e) {
      throw new MalformedFeedException("it has a name that can't be read", e);
    }
    Optional<Integer> said = entriesOfDirectory();
    // The directory at the end has two bytes for the number.
    if (said.isEmpty() || (said.get() != 0xffff && said.get() != files)) {
      throw new MalformedFeedException("it is cut short: the directory at its end is not its own");
    }
  }

  /** Returns what the end of the central directory says; empty if it is not there. */
  private Optional<Integer> entriesOfDirectory() throws IOException {
    try (RandomAccessFile random = new RandomAccessFile(file.toFile(), "r")) {
      byte[] end = new byte[(int) Math.min(random.length(), 22 + 0xffff)];
      random.seek(random.length() - end.length);
      random.readFully(end);
      for (int i = end.length - 22; i >= 0; i--) {
        if (end[i] == 'P' && end[i + 1] == 'K' && end[i + 2] == 5 && end[i + 3] == 6) {
          return Optional.of((end[i + 10] & 0xff) | ((end[i + 11] & 0xff) << 8));
        }
      }
      return Optional.empty();
    }
  }

  /** Reads a file of an archive, or past it: what is left of it counts as well. */
  private void read(InputStream in, boolean isDocument) throws IOException, MalformedFeedException {
    if (isDocument) {
      document(in);
    }
    for (int n = in.read(passed); n >= 0; n = in.read(passed)) {
      count(n);
    }
  }

  private void document(InputStream in) throws IOException, MalformedFeedException {
    documents++;
    visitor.read(new Bounded(in));
  }

  private void countFile() throws MalformedFeedException {
    if (++files > MOST_FILES) {
      throw new MalformedFeedException("it has more than %,d files".formatted(MOST_FILES));
    }
  }

  /** Reading takes minutes, and a server that stops does not wait for it. */
  private void count(long more) throws IOException {
    if (Thread.interrupted()) {
      throw new InterruptedIOException("interrupted");
    }
    bytes += more;
    if (bytes > most) {
      throw tooLarge();
    }
  }

  private static IOException tooLarge() {
    return new IOException("it unpacks to more than its limit");
  }

  /** A document of an archive: closing it leaves the archive open. */
  private final class Bounded extends FilterInputStream {
    private long left = LARGEST_DOCUMENT;

    private Bounded(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = in.read(buffer, offset, length);
      if (read > 0) {
        left -= read;
        count(read);
        if (left < 0) {
          throw tooLarge();
        }
      }
      return read;
    }

    @Override
    public void close() {
      // The archive goes on.
    }
  }
}
