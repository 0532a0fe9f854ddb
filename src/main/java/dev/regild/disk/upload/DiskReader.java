package dev.regild.disk.upload;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.UnfitDiskException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * Finds the disk in a file that somebody sends: the file itself, or what it is unpacked to. A
 * compressed file may hold a tar archive, and an archive a compressed disk, but not both.
 */
final class DiskReader {
  private static final int USTAR = 257;

  /** Beside the disk; a server may be told to take less. */
  private static final long MOST_PASSED_LOCALLY = DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES;

  private static final byte[] USTAR_MAGIC = {'u', 's', 't', 'a', 'r'};

  private final BufferedInputStream file;
  private final LongSupplier bytesRead;
  private final UnpackedStream.Failures failures;
  private final boolean seekable;
  private final long mostPassedBytes;
  private final Optional<DiskCompression> compression;
  private final boolean archive;

  private DiskReader(
      InputStream file,
      LongSupplier bytesRead,
      UnpackedStream.Failures failures,
      boolean seekable,
      long mostPassedBytes)
      throws IOException {
    this.file = new BufferedInputStream(file, 1 << 16);
    this.bytesRead = bytesRead;
    this.failures = failures;
    this.seekable = seekable;
    this.mostPassedBytes = mostPassedBytes;
    byte[] head = Heads.peek(this.file);
    this.compression = DiskCompression.of(head);
    this.archive = compression.isEmpty() && isTar(head);
  }

  /**
   * Reads the first bytes of an upload.
   *
   * @param mostPassedBytes how much an archive may hold beside the disk
   */
  static DiskReader of(IncomingBytes upload, long mostPassedBytes) throws IOException {
    return new DiskReader(upload, upload::bytes, upload::requireUnbroken, false, mostPassedBytes);
  }

  /** Reads the first bytes of a file that is here; what is not needed of it is skipped. */
  static DiskReader of(InputStream localFile) throws IOException {
    return new DiskReader(localFile, () -> Long.MAX_VALUE, () -> {}, true, MOST_PASSED_LOCALLY);
  }

  /**
   * How a disk was packed.
   *
   * @param packing such as {@code ova}, {@code xz} or {@code tar+gzip}
   * @param machine what an .ovf in it says
   * @param diskBytes the size of the disk's file in an archive; 0 if there was no archive
   */
  record Packed(String packing, Optional<OvfDescriptor> machine, long diskBytes) {}

  /** Whether a file that begins so has to be unpacked. */
  static boolean isPacked(byte[] head) {
    return DiskCompression.of(head).isPresent() || isTar(head);
  }

  /** Whether the file has to be unpacked, which takes memory and processor time. */
  boolean isPacked() {
    return compression.isPresent() || archive;
  }

  /**
   * Hands out the disk, as far as the sink wants it; if it wants all, the file is read to its end.
   *
   * @return empty if the file itself is the disk
   */
  Optional<Packed> read(DiskSink sink) throws IOException, UnfitDiskException {
    try {
      if (compression.isEmpty()) {
        return archive ? Optional.of(readArchive(file, sink)) : readPlain(sink);
      }
      try (BufferedInputStream unpacked =
          new BufferedInputStream(
              new UnpackedStream(file, compression.get(), bytesRead, failures), 1 << 16)) {
        if (isTar(Heads.peek(unpacked))) {
          return Optional.of(readArchive(unpacked, sink));
        }
        var _ = Heads.copy(unpacked, sink);
        return Optional.of(new Packed(compression.get().toolName(), Optional.empty(), 0));
      }
    } catch (DamagedArchiveException e) {
      throw new UnfitDiskException(String.valueOf(e.getMessage()), e);
    }
  }

  private Optional<Packed> readPlain(DiskSink sink) throws IOException, UnfitDiskException {
    var _ = Heads.copy(file, sink);
    return Optional.empty();
  }

  private Packed readArchive(InputStream tar, DiskSink sink)
      throws IOException, UnfitDiskException {
    DiskArchive.Found found =
        new DiskArchive(
                tar,
                failures,
                compression.isPresent(),
                seekable && compression.isEmpty(),
                mostPassedBytes)
            .read(sink);
    String kind = found.machine().isPresent() ? "ova" : "tar";
    return new Packed(
        compression.map(c -> kind + "+" + c.toolName()).orElse(kind),
        found.machine(),
        found.diskBytes());
  }

  /** POSIX and GNU: both have the magic, and a checksum that a boot sector hasn't. */
  private static boolean isTar(byte[] head) {
    for (int i = 0; i < USTAR_MAGIC.length; i++) {
      if (head.length < Heads.BYTES || head[USTAR + i] != USTAR_MAGIC[i]) {
        return false;
      }
    }
    return TarUtils.verifyCheckSum(head);
  }
}
