package dev.regild.disk.upload;

import dev.regild.disk.ByteCount;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.HeaderLimit;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * The one disk in a tar archive: of an OVA the one that its {@code .ovf} names, of another archive
 * the only file with the name of a disk, as in Google Compute Engine's {@code disk.raw}. Nothing is
 * written under a name of the archive; all other files are read past. Headers, names and texts are
 * limited, since the archive may be anybody's.
 */
final class DiskArchive {
  private static final int MOST_FILES = 1000;
  private static final int LARGEST_TEXT = 1 << 20;
  private static final int MOST_PADDING = 1 << 20;

  /**
   * Of all files together: their names, and where the holes of sparse ones are; 170,000 of these
   * fit in. The library keeps headers that are to hold for all later files.
   */
  private static final int MOST_HEADER_BYTES = 4 << 20;

  private final HeaderLimit in;
  private TarArchiveInputStream tar;
  private final UnpackedStream.Failures failures;
  private final boolean compressed;
  private final boolean seekable;
  private final long mostPassedBytes;

  private final List<String> names = new ArrayList<>();
  private final Map<String, Map<String, String>> digests = new HashMap<>();
  private Optional<OvfDescriptor> machine = Optional.empty();
  private Optional<OvfManifest> manifest = Optional.empty();
  private Optional<String> disk = Optional.empty();
  private int entries;
  private long diskBytes;
  private long passedBytes;
  private boolean enough;

  /**
   * @param in from the first byte of the archive on
   * @param failures of the stream below, which are not the archive's
   * @param compressed whether it was compressed as a whole: its disk is not once more then
   * @param seekable whether what is not needed is skipped without reading it
   * @param mostPassedBytes how much of it, all files together, may be read that is not the disk
   */
  DiskArchive(
      InputStream in,
      UnpackedStream.Failures failures,
      boolean compressed,
      boolean seekable,
      long mostPassedBytes) {
    this.in =
        new HeaderLimit(
            in,
            MOST_HEADER_BYTES,
            () ->
                new DamagedArchiveException(
                    "the headers in the tar archive take more than 4 MiB; pack the disk alone, without --sparse"));
    this.tar = new TarArchiveInputStream(this.in);
    this.failures = failures;
    this.compressed = compressed;
    this.seekable = seekable;
    this.mostPassedBytes = mostPassedBytes;
  }

  /**
   * What was found.
   *
   * @param machine what the archive's .ovf says, if it has one
   * @param diskBytes the size of the disk's file in the archive
   */
  record Found(Optional<OvfDescriptor> machine, long diskBytes) {}

  /**
   * Hands out the disk, and reads the archive to its end; or, if the sink wants no more and nothing
   * can be skipped, not further than that.
   *
   * @throws DamagedArchiveException if it has no disk or several, or is damaged
   */
  Found read(DiskSink sink) throws IOException, UnfitDiskException {
    for (TarArchiveEntry entry = next(); entry != null; entry = next()) {
      requireFew();
      long dataBegins = in.position();
      if (isFile(entry)) {
        take(entry, sink);
      } else if (entry.isSparse()) {
        throw sparse(entry.getName());
      }
      if (enough && !seekable) {
        return new Found(machine, diskBytes);
      }
      pass(entry, dataBegins);
    }
    requireEnd();
    requireDisk();
    if (manifest.isPresent()) {
      for (Map.Entry<String, Map<String, String>> file : digests.entrySet()) {
        manifest.get().require(file.getKey(), file.getValue());
      }
    }
    return new Found(machine, diskBytes);
  }

  private @Nullable TarArchiveEntry next() throws IOException {
    in.headerBegins();
    try {
      return tar.getNextEntry();
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    } catch (StackOverflowError e) {
      // The library calls itself for each header that belongs to the next.
      throw new DamagedArchiveException(
          "the tar archive has thousands of headers for one file; send the disk alone");
    } finally {
      in.headerEnds();
    }
  }

  private void requireFew() throws DamagedArchiveException {
    if (++entries > MOST_FILES) {
      throw new DamagedArchiveException(
          "the archive holds more than %d files; send the disk alone".formatted(MOST_FILES));
    }
  }

  private static boolean isFile(TarArchiveEntry entry) {
    return entry.isFile()
        && !entry.isDirectory()
        && !entry.isLink()
        && !entry.isSymbolicLink()
        && !entry.isFIFO()
        && !entry.isBlockDevice()
        && !entry.isCharacterDevice();
  }

  private void take(TarArchiveEntry entry, DiskSink sink) throws IOException, UnfitDiskException {
    String name = ArchiveNames.plain(entry.getName());
    names.add(name);
    if (entry.isSparse() && !isDisk(name)) {
      throw sparse(name);
    }
    if (ArchiveNames.endsWith(name, "ovf")) {
      takeDescriptor(name);
    } else if (ArchiveNames.endsWith(name, "mf") && manifest.isEmpty()) {
      manifest = Optional.of(OvfManifest.parse(text(name)));
    } else if (isDisk(name)) {
      takeDisk(entry, name, sink);
    }
  }

  /** Its holes can be of any size, and nothing of them is in the archive. */
  private static DamagedArchiveException sparse(String name) {
    return new DamagedArchiveException(
        "%s in the archive is sparse, which the disk alone may be; pack the disk alone, or without --sparse"
            .formatted(ArchiveNames.shown(name)));
  }

  private boolean isDisk(String name) throws DamagedArchiveException {
    return machine.isPresent() ? name.equals(machine.get().disk()) : ArchiveNames.isDisk(name);
  }

  private void takeDescriptor(String name) throws IOException {
    if (machine.isPresent()) {
      throw new DamagedArchiveException(
          "the archive holds several machines (%s and others); send the disk of one alone"
              .formatted(ArchiveNames.shown(name)));
    }
    OvfDescriptor found = OvfDescriptor.parse(text(name));
    String itsDisk = found.disk();
    if (disk.isPresent() && !disk.get().equals(itsDisk)) {
      throw new DamagedArchiveException(
          "the archive's .ovf comes behind %s and names %s as the disk; put the .ovf first, as in: tar -cf NEW.ova *.ovf *.vmdk"
              .formatted(ArchiveNames.shown(disk.get()), ArchiveNames.shown(itsDisk)));
    }
    machine = Optional.of(found);
  }

  private byte[] text(String name) throws IOException {
    EntryBytes entry = new EntryBytes(name);
    byte[] text = entry.readNBytes(LARGEST_TEXT + 1);
    if (text.length > LARGEST_TEXT) {
      throw new DamagedArchiveException(
          "%s in the archive is larger than 1 MiB".formatted(ArchiveNames.shown(name)));
    }
    digests.put(name, entry.digests.values());
    return text;
  }

  private void takeDisk(TarArchiveEntry entry, String name, DiskSink sink)
      throws IOException, UnfitDiskException {
    if (disk.isPresent()) {
      throw OvfDescriptor.severalDisks(List.of(disk.get(), name));
    }
    disk = Optional.of(name);
    diskBytes = entry.isSparse() ? entry.getRealSize() : entry.getSize();
    EntryBytes bytes = new EntryBytes(name);
    BufferedInputStream content = new BufferedInputStream(bytes, 1 << 16);
    Optional<DiskCompression> packed =
        compressed ? Optional.empty() : DiskCompression.of(Heads.peek(content));
    if (packed.isPresent()) {
      if (entry.isSparse()) {
        // Its holes would count as what was packed.
        throw new DamagedArchiveException(
            "%s in the archive is both compressed and sparse; pack it without --sparse"
                .formatted(ArchiveNames.shown(name)));
      }
      try (InputStream unpacked =
          new UnpackedStream(content, packed.get(), bytes::count, failures)) {
        enough = !Heads.copy(unpacked, sink);
      }
    } else {
      enough = !Heads.copy(content, sink);
    }
    if (!enough) {
      digests.put(name, bytes.digests.values());
    }
  }

  /** Past what is left of a file. */
  private void pass(TarArchiveEntry entry, long dataBegins) throws IOException {
    if (seekable && !entry.isSparse() && !entry.isDirectory()) {
      long padding = -entry.getSize() & (TarConstants.DEFAULT_RCDSIZE - 1);
      long ends = dataBegins + entry.getSize() + padding;
      if (!in.skipTo(ends)) {
        throw new DamagedArchiveException(
            "the tar archive is truncated: a file in it ends at %d, the archive at %d bytes; copy the file again"
                .formatted(ends, in.position()));
      }
      tar = new TarArchiveInputStream(in);
      return;
    }
    byte[] buffer = new byte[1 << 16];
    for (int n = read(buffer, 0, buffer.length); n >= 0; n = read(buffer, 0, buffer.length)) {
      passedBytes += n;
      if (passedBytes > mostPassedBytes) {
        throw new DamagedArchiveException(
            "the archive holds more than %s beside the disk; send the disk alone"
                .formatted(ByteCount.text(mostPassedBytes)));
      }
    }
  }

  private int read(byte[] buffer, int offset, int length) throws IOException {
    failures.requireNone();
    try {
      return tar.read(buffer, offset, length);
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    }
  }

  /** The library throws what it likes on damaged archives. */
  private IOException damaged(Exception failure) throws IOException {
    failures.requireNone();
    return failure instanceof DamagedArchiveException known
        ? known
        : new DamagedArchiveException(
            "the tar archive is damaged or truncated (%s); copy the file again"
                .formatted(failure.getMessage()));
  }

  /** Behind the archive, zeros fill the last block, as its writer chose its size. */
  private void requireEnd() throws IOException {
    byte[] buffer = new byte[1 << 16];
    long padding = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      padding += n;
      if (padding > MOST_PADDING || !Heads.isZero(buffer, 0, n)) {
        throw new DamagedArchiveException(
            "other bytes follow the end of the tar archive; copy the file again");
      }
    }
  }

  private void requireDisk() throws IOException {
    if (disk.isPresent()) {
      return;
    }
    String held = names.isEmpty() ? "no file" : ArchiveNames.list(names);
    throw new DamagedArchiveException(
        machine.isPresent()
            ? "the archive's .ovf names the disk %s, and the archive holds %s; export the machine again"
                .formatted(ArchiveNames.shown(machine.get().disk()), held)
            : "the archive holds no disk, but %s; send the disk alone".formatted(held));
  }

  /** One file of the archive as it is in there; its digests are computed on the way. */
  private final class EntryBytes extends InputStream {
    private final OvfManifest.Running digests;
    private long count;

    EntryBytes(String name) {
      this.digests = OvfManifest.Running.of(name, manifest);
    }

    long count() {
      return count;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = DiskArchive.this.read(buffer, offset, length);
      if (n > 0) {
        digests.update(buffer, offset, n);
        count += n;
      }
      return n;
    }
  }
}
