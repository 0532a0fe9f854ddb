package dev.regild.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.params.provider.MethodSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A compressed index is unpacked within its limit, or refused; the first byte says how. */
class CompressionFuzzTest {
  private interface Packer {
    void pack(OutputStream out) throws IOException;
  }

  private static byte[] packed(int compression, Packer packer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(compression);
    packer.pack(bytes);
    return bytes.toByteArray();
  }

  private static void wrote(OutputStream out, byte[] text) throws IOException {
    try (out) {
      out.write(text);
    }
  }

  static Stream<byte[]> seeds() throws Exception {
    byte[] text = "Package: bash\n".repeat(20).getBytes(UTF_8);
    return Stream.of(
        packed(0, out -> out.write(Zstd.compress(text))),
        packed(1, out -> wrote(new XZOutputStream(out, new LZMA2Options(0)), text)),
        packed(2, out -> wrote(new GZIPOutputStream(out), text)),
        packed(3, out -> wrote(new BZip2CompressorOutputStream(out, 1), text)));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isUnpackedOrRefused(byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    Compression[] all = Compression.values();
    Compression compression = all[(bytes[0] & 0xff) % all.length];
    byte[] packed = Arrays.copyOfRange(bytes, 1, bytes.length);
    try (InputStream in = compression.decompress(new ByteArrayInputStream(packed))) {
      in.skip(1 << 20); // who calls it counts what comes
    } catch (IOException refused) {
      // As it should be.
    }
  }
}
