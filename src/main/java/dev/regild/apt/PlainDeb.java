package dev.regild.apt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Copies a Debian package with its files uncompressed, for a guest that unpacks slowly. dpkg
 * accepts a {@code data.tar} since 1.10 (deb(5)); everything else is unchanged. The package was
 * verified before, and is still unpacked in a {@link Sandbox}.
 */
final class PlainDeb {
  private static final byte[] MAGIC = "!<arch>\n".getBytes(US_ASCII);
  private static final String FORMAT = "debian-binary";
  private static final String CONTROL = "control.tar";
  private static final String DATA = "data.tar";

  /** The program for each file name extension. */
  private static final Map<String, String> PROGRAMS =
      Map.of(".gz", "gzip", ".xz", "xz", ".zst", "zstd");

  private static final String UNPACK = "exec \"$1\" -dc <\"$2\" >>\"$3\"";
  private static final Program.Limits LIMITS = Program.Limits.UNPACKING;

  private PlainDeb() {}

  /**
   * Writes the copy.
   *
   * @param plain the copy's path, which does not exist yet, in a directory that does
   * @return whether a copy was made; false if the package has an unusual form or is not compressed
   * @throws ProgramException if the package can't be unpacked, or its program is missing here; no
   *     copy is left then
   */
  static boolean copy(Path deb, Path plain)
      throws IOException, ProgramException, InterruptedException {
    Path packed = plain.resolveSibling(plain.getFileName() + ".packed");
    boolean whole = false;
    try (FileChannel in = FileChannel.open(deb, READ)) {
      Optional<Member> data = data(in);
      Optional<String> program =
          data.flatMap(each -> Optional.ofNullable(PROGRAMS.get(each.suffix(DATA))));
      if (data.isEmpty() || program.isEmpty()) {
        return false;
      }
      Member member = data.get();
      try (FileChannel out = FileChannel.open(packed, CREATE, WRITE, TRUNCATE_EXISTING)) {
        copy(in, member.start(), member.size(), out);
      }
      try (FileChannel out = FileChannel.open(plain, CREATE_NEW, WRITE)) {
        copy(in, 0, member.start(), out);
      }
      unpack(program.get(), packed, plain);
      whole = finish(member, plain);
      return whole;
    } finally {
      Files.deleteIfExists(packed);
      if (!whole) {
        Files.deleteIfExists(plain);
      }
    }
  }

  /** Returns the member with the package's files, if it is the last of the three in deb(5). */
  private static Optional<Member> data(FileChannel in) throws IOException {
    if (!read(in, 0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
      return Optional.empty();
    }
    Member format = Member.read(in, MAGIC.length);
    if (!format.name.equals(FORMAT)) {
      return Optional.empty();
    }
    Member control = Member.read(in, format.end());
    if (!control.name.startsWith(CONTROL)) {
      return Optional.empty();
    }
    Member data = Member.read(in, control.end());
    boolean last = data.start() + data.size == in.size() || data.end() == in.size();
    return last && data.name.startsWith(DATA) ? Optional.of(data) : Optional.empty();
  }

  private static void unpack(String program, Path packed, Path plain)
      throws ProgramException, InterruptedException {
    var _ =
        Program.of("sh", "-c", UNPACK, "sh", program, packed.toString(), plain.toString())
            .within(LIMITS.cpuTime())
            .limitedTo(LIMITS)
            .in(Sandbox.reading(packed).writing(plain))
            .run();
  }

  /** Gives the member its new name and size, and its padding. */
  private static boolean finish(Member packed, Path plain) throws IOException {
    long size = Files.size(plain) - packed.start();
    if (size > Member.LARGEST) {
      return false;
    }
    try (FileChannel out = FileChannel.open(plain, WRITE)) {
      writeAll(out, packed.header(DATA, size), packed.header());
    }
    if (size % 2 != 0) {
      Files.write(plain, new byte[] {'\n'}, APPEND);
    }
    return true;
  }

  private static void copy(FileChannel in, long start, long bytes, FileChannel out)
      throws IOException {
    long copied = 0;
    while (copied < bytes) {
      long n = in.transferTo(start + copied, bytes - copied, out);
      if (n <= 0) {
        throw new EOFException("The package ends within a member.");
      }
      copied += n;
    }
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += out.write(bytes, at);
    }
  }

  private static ByteBuffer read(FileChannel in, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (in.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("The package ends within a header.");
      }
    }
    return buffer.flip();
  }

  /**
   * A member of an ar archive (ar(5)): a header of 60 bytes, its content, and a byte of padding if
   * that is odd.
   *
   * @param header where its header begins
   * @param name without padding
   * @param size of its content
   * @param text its header
   */
  private record Member(long header, String name, long size, String text) {
    static final int HEADER_BYTES = 60;

    /** What the header's ten digits can hold. */
    static final long LARGEST = 9_999_999_999L;

    private static final int NAME_BYTES = 16;
    private static final int SIZE_AT = 48;
    private static final int SIZE_BYTES = 10;
    private static final String END = "`\n";

    static Member read(FileChannel in, long header) throws IOException {
      String text = ISO_8859_1.decode(PlainDeb.read(in, header, HEADER_BYTES)).toString();
      String size = text.length() == HEADER_BYTES ? text.substring(SIZE_AT).strip() : "";
      if (!text.endsWith(END) || !size.matches("\\d{1,10} *`")) {
        throw new IOException("The package is not an archive as deb(5) describes.");
      }
      String name = text.substring(0, NAME_BYTES).strip();
      return new Member(
          header,
          name.endsWith("/") ? name.substring(0, name.length() - 1) : name,
          Long.parseLong(size.substring(0, size.length() - 1).strip()),
          text);
    }

    long start() {
      return header + HEADER_BYTES;
    }

    long end() {
      return start() + size + size % 2;
    }

    String suffix(String prefix) {
      return name.startsWith(prefix) ? name.substring(prefix.length()) : "";
    }

    /** Returns the header of the same member with another name and size. */
    ByteBuffer header(String newName, long newSize) {
      String changed =
          ("%-" + NAME_BYTES + "s").formatted(newName)
              + text.substring(NAME_BYTES, SIZE_AT)
              + ("%-" + SIZE_BYTES + "d").formatted(newSize)
              + END;
      return ByteBuffer.wrap(changed.getBytes(ISO_8859_1));
    }
  }
}
