package dev.regild.disk.upload;

import com.github.luben.zstd.Zstd;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.Qcow2Header;
import dev.regild.disk.UnfitDiskException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tukaani.xz.SeekableFileInputStream;
import org.tukaani.xz.SeekableXZInputStream;

/**
 * What a server would say of a file, as far as that shows before it is sent: of a disk its header,
 * of a packed one its beginning, and of an archive all names in it.
 *
 * @param diskBytes the size of the disk's file; where that does not show, the size of this one
 * @param machine what an .ovf in it says
 */
public record DiskPreview(long diskBytes, Optional<OvfDescriptor> machine) {
  /**
   * Looks at a file, of which little is read where it can be skipped.
   *
   * @throws UnfitDiskException if the server would refuse it
   */
  public static DiskPreview of(Path file) throws IOException, UnfitDiskException {
    try (InputStream content = Files.newInputStream(file)) {
      DiskReader reader = DiskReader.of(content);
      return reader.isPacked() ? ofPacked(file, reader) : ofDisk(file);
    }
  }

  private static DiskPreview ofDisk(Path file) throws IOException, UnfitDiskException {
    new DiskCheck(DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES)
        .requireGoodHeader(file, DiskCheck.detect(file));
    return new DiskPreview(Files.size(file), Optional.empty());
  }

  private static DiskPreview ofPacked(Path file, DiskReader reader)
      throws IOException, UnfitDiskException {
    Path head = Files.createTempFile("regild-", ".head");
    try {
      DiskReader.Packed packed = begin(reader, head);
      if (DiskCheck.detect(head) == DiskFormat.QCOW2) {
        // Its tables may lie behind what was unpacked here.
        var _ = DiskCheck.requireGood(Qcow2Header.read(head), Long.MAX_VALUE);
      }
      long known = Math.max(packed.diskBytes(), unpackedBytes(file, packed.packing()));
      return new DiskPreview(known > 0 ? known : Files.size(file), packed.machine());
    } finally {
      Files.deleteIfExists(head);
    }
  }

  private static DiskReader.Packed begin(DiskReader reader, Path head)
      throws IOException, UnfitDiskException {
    try (OutputStream output = Files.newOutputStream(head)) {
      return reader.read(new Beginning(output)).orElseThrow();
    }
  }

  /** Takes as much as a disk is known by. */
  private static final class Beginning implements DiskSink {
    private final OutputStream output;
    private long bytes;

    Beginning(OutputStream output) {
      this.output = output;
    }

    @Override
    public boolean write(byte[] buffer, int offset, int length) throws IOException {
      output.write(buffer, offset, length);
      bytes += length;
      return bytes < DiskFile.HEAD_BYTES;
    }
  }

  /**
   * As an index at the end of an xz file tells, or the header of a zstd frame; 0 if nothing does.
   */
  private static long unpackedBytes(Path file, String packing)
      throws IOException, UnfitDiskException {
    if (packing.equals(DiskCompression.XZ.toolName())) {
      try (SeekableXZInputStream xz =
          new SeekableXZInputStream(
              new SeekableFileInputStream(file.toFile()), DiskCompression.MEMORY_MIB << 10)) {
        return xz.length();
      } catch (IOException e) {
        throw new UnfitDiskException(String.valueOf(DiskCompression.XZ.meaning(e).getMessage()), e);
      }
    }
    if (packing.equals(DiskCompression.ZSTD.toolName())) {
      try (InputStream content = Files.newInputStream(file)) {
        return Math.max(0, Zstd.getFrameContentSize(content.readNBytes(Heads.BYTES)));
      }
    }
    return 0;
  }
}
