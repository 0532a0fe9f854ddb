package dev.regild.archive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.regild.machine.Sandbox;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A cabinet. Its directory is read here ("Microsoft Cabinet Format", CFHEADER and CFFILE), its
 * members are unpacked by cabextract.
 */
final class CabinetArchive implements PackageArchive {
  private static final int HEADER = 36;
  private static final int ENTRY = 16;
  private static final int LONGEST_NAME = 256;

  /** In the header's flags: it names the cabinet before it, or the one after it. */
  private static final int ONE_OF_A_SET = 0b11;

  private final Path file;
  private final Set<String> members = new LinkedHashSet<>();
  private int files;
  private long unpackedBytes;

  private CabinetArchive(Path file) {
    this.file = file;
  }

  static CabinetArchive open(Path file) throws ArchiveException, IOException {
    try (RandomAccessFile cabinet = new RandomAccessFile(file.toFile(), "r")) {
      CabinetArchive archive = new CabinetArchive(file);
      archive.readMembers(cabinet);
      return archive;
    } catch (EOFException e) {
      throw new ArchiveException("the cabinet is truncated; download it again", e);
    }
  }

  private void readMembers(RandomAccessFile cabinet) throws ArchiveException, IOException {
    ByteBuffer header = read(cabinet.getChannel(), 0, HEADER);
    long size = Integer.toUnsignedLong(header.getInt(8));
    long at = Integer.toUnsignedLong(header.getInt(16));
    files = Short.toUnsignedInt(header.getShort(28));
    if (size > cabinet.length()) {
      throw new EOFException();
    }
    if ((header.getShort(30) & ONE_OF_A_SET) != 0) {
      throw new ArchiveException(
          "it is one part of a multi-part cabinet, which no update is; get it from its"
              + " vendor again");
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < files; i++) {
      // By the header it may lie far behind the end.
      int length = Math.clamp(cabinet.length() - at, 0, ENTRY + LONGEST_NAME + 1);
      ByteBuffer entry = read(cabinet.getChannel(), at, length);
      String name = name(entry);
      unpackedBytes += Integer.toUnsignedLong(entry.getInt(0));
      at += ENTRY + name.length() + 1;
      String path = name.replace('\\', '/');
      PackageArchive.checkName(path);
      // cabextract would unpack both, one over the other, and Windows may choose otherwise.
      if (!seen.add(path.toLowerCase(Locale.ROOT))) {
        throw new ArchiveException("it holds two files named '" + path + "'");
      }
      if (PLAIN.matcher(path).matches()) {
        members.add(path);
      }
    }
  }

  /** Returns how many files it has. */
  int files() {
    return files;
  }

  /** Returns how many bytes its files have together, as its directory has them. */
  long unpackedBytes() {
    return unpackedBytes;
  }

  private static ByteBuffer read(FileChannel channel, long at, int length) throws IOException {
    if (length <= 0) {
      throw new EOFException();
    }
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new EOFException();
      }
    }
    return buffer.flip();
  }

  private static String name(ByteBuffer entry) throws IOException {
    StringBuilder name = new StringBuilder();
    for (int i = ENTRY; i < entry.limit(); i++) {
      if (entry.get(i) == 0) {
        return name.toString();
      }
      name.append(new String(new byte[] {entry.get(i)}, ISO_8859_1));
    }
    throw new EOFException();
  }

  @Override
  public Set<String> members() {
    return members;
  }

  @Override
  public String text(String member) throws ArchiveException, InterruptedException {
    return cabextract(Sandbox.reading(file), "-p", "-F", member, file.toString());
  }

  @Override
  public Path unpack(String member, Path directory) throws ArchiveException, InterruptedException {
    cabextract(
        Sandbox.reading(file).writing(directory),
        "-d",
        directory.toString(),
        "-F",
        member,
        file.toString());
    return directory.resolve(member);
  }

  /** With -s it opens no other cabinet that this one names. */
  private static String cabextract(Sandbox sandbox, String... arguments)
      throws ArchiveException, InterruptedException {
    return PackageArchive.run(
        sandbox,
        Stream.concat(Stream.of("cabextract", "-q", "-s"), Stream.of(arguments))
            .toArray(String[]::new));
  }
}
