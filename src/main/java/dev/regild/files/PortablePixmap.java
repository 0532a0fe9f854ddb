package dev.regild.files;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * A picture in the format PPM, as QEMU writes a screen. A guest chooses its pixels and its size, so
 * it is read row by row, and what is made of it has a limit.
 */
public final class PortablePixmap {
  private static final Pattern HEADER = Pattern.compile("P6\\s+(\\d{1,5})\\s+(\\d{1,5})\\s+255\\s");
  private static final int LONGEST_HEADER = 32;

  /** Of a side, in pixels. */
  private static final int LONGEST_SIDE = 8192;

  /** No screen needs to be shown larger than this; larger ones are scaled down. */
  private static final int LONGEST_SHOWN = 1600;

  private static final int BYTES = 3;
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

  private final Path file;
  private final int width;
  private final int height;
  private final int start;

  private PortablePixmap(Path file, int width, int height, int start) {
    this.file = file;
    this.width = width;
    this.height = height;
    this.start = start;
  }

  /**
   * Converts a picture to PNG, with half, a quarter and so on of its size until it fits.
   *
   * @param most how many bytes the PNG may have
   * @return empty if the file is not a whole PPM with a side of at most 8192 pixels
   */
  public static Optional<byte[]> asPng(Path file, int most) throws IOException {
    Optional<PortablePixmap> picture = open(file);
    if (picture.isEmpty()) {
      return Optional.empty();
    }
    for (int step = picture.get().firstStep(); step <= LONGEST_SIDE; step *= 2) {
      byte[] png = picture.get().png(step);
      if (png.length <= most) {
        return Optional.of(png);
      }
    }
    return Optional.empty();
  }

  private static Optional<PortablePixmap> open(Path file) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      head = in.readNBytes(LONGEST_HEADER);
    }
    Matcher header = HEADER.matcher(new String(head, US_ASCII));
    if (!header.lookingAt()) {
      return Optional.empty();
    }
    int width = Integer.parseInt(header.group(1));
    int height = Integer.parseInt(header.group(2));
    boolean whole =
        width > 0
            && height > 0
            && width <= LONGEST_SIDE
            && height <= LONGEST_SIDE
            && Files.size(file) == header.end() + (long) width * height * BYTES;
    return whole
        ? Optional.of(new PortablePixmap(file, width, height, header.end()))
        : Optional.empty();
  }

  private int firstStep() {
    int step = 1;
    while (Math.max(width, height) / step > LONGEST_SHOWN) {
      step *= 2;
    }
    return step;
  }

  /** Each pixel of the PNG is the average of a square. */
  private byte[] png(int step) throws IOException {
    int columns = Math.max(1, width / step);
    int rows = Math.max(1, height / step);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(SIGNATURE);
    chunk(png, "IHDR", header(columns, rows));
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION);
    try (InputStream in =
            new BufferedInputStream(Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS));
        DeflaterOutputStream out = new DeflaterOutputStream(packed, deflater)) {
      in.skipNBytes(start);
      Averages averages = new Averages(columns, step);
      for (int row = 0; row < rows; row++) {
        out.write(averages.next(in));
      }
    } finally {
      deflater.end();
    }
    chunk(png, "IDAT", packed.toByteArray());
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  /** PNG's row filter "Sub": each byte less the one of the pixel to its left. */
  private final class Averages {
    private final int columns;
    private final int step;
    private final byte[] line = new byte[width * BYTES];
    private final int[] sums;
    private final byte[] filtered;

    Averages(int columns, int step) {
      this.columns = columns;
      this.step = step;
      this.sums = new int[columns * BYTES];
      this.filtered = new byte[1 + columns * BYTES];
      this.filtered[0] = 1;
    }

    byte[] next(InputStream in) throws IOException {
      Arrays.fill(sums, 0);
      int across = Math.min(step, width);
      int down = Math.min(step, height);
      for (int y = 0; y < down; y++) {
        if (in.readNBytes(line, 0, line.length) < line.length) {
          throw new EOFException("the picture is incomplete: " + file);
        }
        for (int x = 0; x < columns * across; x++) {
          for (int colour = 0; colour < BYTES; colour++) {
            sums[x / across * BYTES + colour] += line[x * BYTES + colour] & 0xFF;
          }
        }
      }
      int area = across * down;
      for (int i = sums.length - 1; i >= 0; i--) {
        int left = i < BYTES ? 0 : sums[i - BYTES] / area;
        filtered[i + 1] = (byte) (sums[i] / area - left);
      }
      return filtered;
    }
  }

  private static byte[] header(int columns, int rows) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(columns);
    out.writeInt(rows);
    // Eight bits a colour, RGB; deflate, adaptive filters, not interlaced.
    out.write(new byte[] {8, 2, 0, 0, 0});
    return bytes.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] content)
      throws IOException {
    DataOutputStream out = new DataOutputStream(png);
    out.writeInt(content.length);
    byte[] name = type.getBytes(US_ASCII);
    out.write(name);
    out.write(content);
    CRC32 sum = new CRC32();
    sum.update(name);
    sum.update(content);
    out.writeInt((int) sum.getValue());
  }
}
