package dev.regild.disk;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fixtures.FuzzedFile;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A qcow2 is read, or refused as unfit. */
class Qcow2HeaderFuzzTest {
  private static final FuzzedFile FILE = FuzzedFile.create();
  private static final DiskCheck CHECK = new DiskCheck(1L << 40);

  static Stream<byte[]> seeds() throws Exception {
    ByteBuffer header = ByteBuffer.allocate(104);
    header.putInt(Qcow2Header.MAGIC).putInt(3).putLong(0).putInt(0).putInt(16).putLong(1 << 20);
    header.putInt(0).putInt(1).putLong(64).putLong(72).putInt(1).putInt(0).putLong(0);
    byte[] withBackingFile = header.array().clone();
    ByteBuffer.wrap(withBackingFile).putLong(8, 80).putInt(16, 8);
    return Stream.of(header.array(), withBackingFile);
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      CHECK.requireGoodHeader(FILE.of(bytes), DiskFormat.QCOW2);
    } catch (UnfitDiskException refused) {
      // As it should be.
    }
  }
}
