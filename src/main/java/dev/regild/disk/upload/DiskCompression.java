package dev.regild.disk.upload;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.XZInputStream;

/** How a disk, or an archive with a disk, is compressed; its first bytes tell. */
enum DiskCompression {
  GZIP,
  XZ,
  ZSTD,
  BZIP2;

  /** The most memory that unpacking takes. {@code xz -9} needs 65 MiB, {@code zstd -22} 128 MiB. */
  static final int MEMORY_MIB = 128;

  /** A window of 128 MiB: the most that {@code zstd} itself unpacks without {@code --long}. */
  private static final int ZSTD_WINDOW_LOG = 27;

  /** How many first bytes {@link #of} looks at. */
  static final int HEAD_BYTES = 10;

  /** The compression of a file with these first bytes; empty if it is unknown. */
  static Optional<DiskCompression> of(byte[] head) {
    return Arrays.stream(values()).filter(c -> c.begins(head)).findFirst();
  }

  private boolean begins(byte[] head) {
    return switch (this) {
      case GZIP -> startsWith(head, 0x1f, 0x8b, 8);
      case XZ -> startsWith(head, 0xfd, '7', 'z', 'X', 'Z', 0);
      // pzstd puts a frame to be skipped before each (RFC 8878, section 3.1.2).
      case ZSTD ->
          startsWith(head, 0x28, 0xb5, 0x2f, 0xfd) || startsWith(head, 0x50, 0x2a, 0x4d, 0x18);
      case BZIP2 ->
          startsWith(head, 'B', 'Z', 'h')
              && head.length >= HEAD_BYTES
              && startsWith(Arrays.copyOfRange(head, 4, HEAD_BYTES), '1', 'A', 'Y', '&', 'S', 'Y');
    };
  }

  private static boolean startsWith(byte[] head, int... bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (i >= head.length || (head[i] & 0xff) != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Unpacks a stream of one or several members, one after another, as the tools of that name do.
   *
   * @param in is read to its end
   */
  InputStream unpack(InputStream in) throws IOException {
    return switch (this) {
      case GZIP -> new GzipMembers(in);
      case XZ -> new XZInputStream(in, MEMORY_MIB << 10);
      case ZSTD -> new ZstdInputStreamNoFinalizer(in).setLongMax(ZSTD_WINDOW_LOG);
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
    };
  }

  /** What a failure to unpack means, and what to do about it. */
  DamagedArchiveException meaning(Exception failure) {
    if (failure instanceof MemoryLimitException tooMuch) {
      return tooMuchMemory(tooMuch.getMemoryNeeded() >> 10, "xz -9");
    }
    if (failure instanceof ZstdIOException zstd
        && zstd.getErrorCode() == Zstd.errFrameParameterWindowTooLarge()) {
      return tooMuchMemory(MEMORY_MIB + 1, "zstd -19");
    }
    return new DamagedArchiveException(
        "the %s data are damaged or truncated (%s); copy the file again"
            .formatted(toolName(), failure.getMessage()));
  }

  private DamagedArchiveException tooMuchMemory(int mebibytes, String remedy) {
    return new DamagedArchiveException(
        "unpacking the %s data takes %d MiB of memory or more, and the limit is %d MiB; pack the disk with: %s"
            .formatted(toolName(), mebibytes, MEMORY_MIB, remedy));
  }

  /** The name of the compression, which is that of its tool. */
  String toolName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
