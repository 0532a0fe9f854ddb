package dev.regild.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Reads cabinets with one member each, all by one run of cabextract: it writes one member after the
 * other, and each is as long as its cabinet's directory says ("Microsoft Cabinet Format", CFHEADER
 * and CFFILE). Nothing is unpacked to the disk.
 */
public final class CabinetTexts {
  private static final int HEADER = 36;
  private static final int ENTRY = 16;
  private static final int LONGEST_NAME = 256;
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Program.Limits LIMITS =
      new Program.Limits(1L << 30, LIMIT, OptionalLong.of(1 << 20));

  private CabinetTexts() {}

  /** Reads one member. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Reads it; what is left of it is skipped.
     *
     * @param index of its cabinet
     */
    void read(int index, InputStream member) throws IOException;
  }

  /**
   * Reads the members of cabinets.
   *
   * @param directory that holds the cabinets, and nothing that they must not see
   * @param member the name that each one has
   * @param largest bytes of a member
   * @throws ArchiveException if one of the cabinets is of another form, too large, or damaged; what
   *     was read then is not to be relied on
   */
  public static void read(
      Path directory, List<Path> cabinets, String member, long largest, Reader reader)
      throws ArchiveException, IOException, InterruptedException {
    List<Long> sizes = new ArrayList<>();
    for (Path cabinet : cabinets) {
      sizes.add(size(cabinet, member, largest));
    }
    List<String> command = new ArrayList<>(List.of("cabextract", "-q", "-s", "-p"));
    cabinets.forEach(cabinet -> command.add(cabinet.toAbsolutePath().toString()));
    Process process = start(command, directory);
    Thread watch = Thread.ofVirtual().name("cabextract").start(() -> end(process));
    try (InputStream all = process.getInputStream()) {
      for (int i = 0; i < cabinets.size(); i++) {
        Part part = new Part(all, sizes.get(i));
        reader.read(i, part);
        part.skipRest();
      }
      if (all.read() >= 0) {
        throw new ArchiveException("a cabinet holds more than its directory says");
      }
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new ArchiveException("a cabinet is damaged, or takes too long to unpack");
      }
    } finally {
      watch.interrupt();
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static Process start(List<String> command, Path directory) throws ArchiveException {
    try {
      return Program.of(command).limitedTo(LIMITS).in(Sandbox.reading(directory)).start();
    } catch (ProgramException e) {
      throw new ArchiveException("cannot unpack it: " + e.getMessage(), e);
    }
  }

  private static void end(Process process) {
    try {
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      // It has ended.
    }
  }

  private static long size(Path cabinet, String member, long largest)
      throws ArchiveException, IOException {
    try (FileChannel channel = FileChannel.open(cabinet)) {
      ByteBuffer header = read(channel, 0, HEADER);
      boolean plain =
          header.limit() == HEADER
              && header.getInt(0) == 0x4643534d // MSCF
              && header.getShort(26) == 1
              && header.getShort(28) == 1
              && header.getShort(30) == 0;
      if (!plain) {
        throw new ArchiveException("it is not a cabinet with one member");
      }
      ByteBuffer entry =
          read(channel, Integer.toUnsignedLong(header.getInt(16)), ENTRY + LONGEST_NAME);
      byte[] name = (member + "\0").getBytes(US_ASCII);
      if (entry.limit() < ENTRY + name.length
          || !entry.slice(ENTRY, name.length).equals(ByteBuffer.wrap(name))) {
        throw new ArchiveException("its member is not named '" + member + "'");
      }
      long size = Integer.toUnsignedLong(entry.getInt(0));
      if (size > largest) {
        throw new ArchiveException(
            "its member of %,d bytes is larger than the limit of %,d".formatted(size, largest));
      }
      return size;
    }
  }

  private static ByteBuffer read(FileChannel channel, long at, int most) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(most).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) >= 0) {
      // More may come.
    }
    return buffer.flip();
  }

  /** One member in the stream of all; it leaves the stream open. */
  private static final class Part extends FilterInputStream {
    private long left;

    Part(InputStream all, long size) {
      super(all);
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
      int count = in.read(buffer, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new IOException("a cabinet is damaged: it holds less than its directory says");
      }
      left -= count;
      return count;
    }

    void skipRest() throws IOException {
      byte[] buffer = new byte[1 << 16];
      while (read(buffer, 0, buffer.length) >= 0) {
        // Only the stream moves on.
      }
    }

    @Override
    public void close() {
      // The next member is behind it.
    }
  }
}
