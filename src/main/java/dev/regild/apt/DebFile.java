package dev.regild.apt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.files.Compression;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Walks the files in a Debian package: an ar archive with {@code control.tar} and {@code data.tar}
 * (deb(5)). No number or name in the package decides how much memory is allocated, so this class
 * reads the tar headers itself, as far as dpkg writes them.
 */
final class DebFile {
  /** In bytes, unpacked; twice the size of Debian's largest package. */
  private static final long LARGEST = 8L << 30;

  private static final String MAGIC = "!<arch>\n";
  private static final int AR_HEADER = 60;
  private static final int BLOCK = 512;
  private static final int LONGEST_NAME = 4096;

  private DebFile() {}

  /** Receives each file of the package. */
  interface Visitor {
    /**
     * Looks at a file.
     *
     * @param tar {@code control} or {@code data}
     * @param path without the leading {@code ./}
     * @param link the target of a symbolic link; else empty
     * @param content valid during the call; need not be read to its end
     * @return whether to go on
     */
    boolean visit(String tar, String path, String link, InputStream content) throws IOException;
  }

  /**
   * Walks a package.
   *
   * @throws IOException if it is damaged
   */
  static void walk(Path file, Visitor visitor) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      if (!new String(in.readNBytes(MAGIC.length()), ISO_8859_1).equals(MAGIC)) {
        throw new IOException("it is not a Debian package");
      }
      while (member(in, visitor)) {
        // Each part in turn.
      }
    }
  }

  private static boolean member(InputStream in, Visitor visitor) throws IOException {
    String header = new String(in.readNBytes(AR_HEADER), ISO_8859_1);
    if (header.length() < AR_HEADER) {
      return false;
    }
    String name = header.substring(0, 16).strip().replaceFirst("/$", "");
    String size = header.substring(48, 58).strip();
    if (!size.matches("\\d{1,10}")) {
      throw new IOException("the header of " + name + " is damaged");
    }
    Limited member = new Limited(in, Long.parseLong(size));
    boolean goOn = true;
    for (String tar : new String[] {"control", "data"}) {
      if (name.equals(tar + ".tar") || name.startsWith(tar + ".tar.")) {
        try (InputStream unpacked = compression(name).decompress(member)) {
          goOn = tar(tar, new Limited(unpacked, LARGEST), visitor);
        }
      }
    }
    if (goOn) {
      member.skipRest();
      in.skipNBytes(Long.parseLong(size) % 2);
    }
    return goOn;
  }

  private static Compression compression(String name) throws IOException {
    for (Compression each : Compression.values()) {
      if (name.endsWith(".tar" + each.suffix())) {
        return each;
      }
    }
    throw new IOException("it has " + name + ", whose compression is not supported");
  }

  /** Reads to the end of the tar, or until the visitor stops. */
  private static boolean tar(String tar, Limited in, Visitor visitor) throws IOException {
    String longName = "";
    String longLink = "";
    while (true) {
      byte[] header = in.readNBytes(BLOCK);
      if (header.length < BLOCK || header[0] == 0) {
        return true;
      }
      long size = size(header);
      Limited content = new Limited(in, size);
      char type = (char) header[156];
      if (type == 'L' || type == 'K') {
        if (size > LONGEST_NAME) {
          throw new IOException("it has a file whose name has %d bytes".formatted(size));
        }
        String text = text(content.readNBytes(LONGEST_NAME), 0, LONGEST_NAME);
        longName = type == 'L' ? text : longName;
        longLink = type == 'K' ? text : longLink;
      } else {
        String name = longName.isEmpty() ? name(header) : longName;
        String link = longLink.isEmpty() ? text(header, 157, 100) : longLink;
        longName = "";
        longLink = "";
        boolean symbolic = type == '2';
        if ((symbolic || type == '0' || type == 0)
            && !visitor.visit(tar, name.replaceFirst("^\\./", ""), symbolic ? link : "", content)) {
          return false;
        }
      }
      content.skipRest();
      in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
    }
  }

  private static String name(byte[] header) {
    String prefix = text(header, 345, 155);
    String name = text(header, 0, 100);
    boolean ustar = text(header, 257, 6).equals("ustar");
    return ustar && !prefix.isEmpty() ? prefix + "/" + name : name;
  }

  private static long size(byte[] header) throws IOException {
    String octal = text(header, 124, 12).strip();
    if (!octal.matches("[0-7]{1,12}")) {
      throw new IOException("the header of a file in it is damaged");
    }
    return Long.parseLong(octal, 8);
  }

  private static String text(byte[] bytes, int from, int most) {
    int to = from;
    while (to < Math.min(bytes.length, from + most) && bytes[to] != 0) {
      to++;
    }
    return new String(bytes, from, to - from, UTF_8);
  }

  /** A part of a stream; closing it leaves the stream open. */
  private static final class Limited extends InputStream {
    private final InputStream in;
    private long left;

    Limited(InputStream in, long size) {
      this.in = in;
      this.left = size;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      // A small file may unpack to gigabytes.
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted");
      }
      int n = in.read(buffer, offset, (int) Math.min(length, left));
      if (n > 0) {
        left -= n;
      }
      return n;
    }

    /** Skips the rest. */
    void skipRest() throws IOException {
      byte[] piece = new byte[1 << 14];
      while (left > 0) {
        if (read(piece, 0, piece.length) < 0) {
          throw new EOFException("it is cut off");
        }
      }
    }
  }
}
