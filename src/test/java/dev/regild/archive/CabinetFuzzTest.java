package dev.regild.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fixtures.FuzzedFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The directory of a cabinet is read, or refused. */
class CabinetFuzzTest {
  private static final FuzzedFile FILE = FuzzedFile.create();

  static Stream<byte[]> seeds() throws Exception {
    ByteBuffer cabinet = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
    cabinet.put(0, "MSCF".getBytes(US_ASCII)).putInt(8, 100).putInt(16, 44);
    cabinet.putShort(24, (short) 0x103).putShort(26, (short) 1).putShort(28, (short) 2);
    cabinet.put(60, "update.mum\0".getBytes(US_ASCII)).put(87, "a\\b.txt\0".getBytes(US_ASCII));
    return Stream.of(cabinet.array());
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      CabinetArchive.open(FILE.of(bytes)).members();
    } catch (ArchiveException refused) {
      // As it should be.
    }
  }
}
