package dev.regild.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fixtures.FuzzedFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A vhdx is read, or refused as unfit; the input is what is at its region table. */
class VhdxHeaderFuzzTest {
  private static final long REGION_TABLE = 192 << 10;
  private static final FuzzedFile FILE = FuzzedFile.create();
  private static final DiskCheck CHECK = new DiskCheck(1L << 40);

  private static byte[] guid(String bytes) {
    return HexFormat.of().parseHex(bytes);
  }

  static Stream<byte[]> seeds() throws Exception {
    ByteBuffer disk = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    disk.put(0, "regi".getBytes(US_ASCII)).putInt(8, 1);
    disk.put(16, guid("06a27c8b90479a4bb8fe575f050f886e")).putLong(32, REGION_TABLE + 128);
    disk.put(128, "metadata".getBytes(US_ASCII)).putShort(138, (short) 2);
    disk.put(160, guid("3767a1ca36fa434db3b633f0aa44e76b")).putInt(176, 512);
    disk.put(192, guid("2442a52f1bcd7648b2115dbed83bf4b8")).putInt(208, 520);
    disk.putLong(128 + 512, 1 << 20).putLong(128 + 520, 1 << 20);
    return Stream.of(disk.array());
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      CHECK.requireGoodHeader(FILE.of(bytes, REGION_TABLE), DiskFormat.VHDX);
    } catch (UnfitDiskException refused) {
      // As it should be.
    }
  }
}
