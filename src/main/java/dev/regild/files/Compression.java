package dev.regild.files;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/** How a repository compresses its indexes; the first that it offers is taken. */
public enum Compression {
  ZSTD(".zst"),
  XZ(".xz"),
  GZIP(".gz"),
  BZIP2(".bz2"),
  NONE("");

  /** Enough for {@code xz -9}; in KiB. */
  private static final int XZ_MEMORY_LIMIT = 128 << 10;

  private final String suffix;

  Compression(String suffix) {
    this.suffix = suffix;
  }

  public String suffix() {
    return suffix;
  }

  public InputStream decompress(InputStream in) throws IOException {
    return switch (this) {
      case ZSTD -> new ZstdInputStream(in);
      case XZ -> new XZInputStream(in, XZ_MEMORY_LIMIT);
      case GZIP -> new GZIPInputStream(in, 1 << 16);
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
      case NONE -> in;
    };
  }
}
