package dev.regild.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fixtures.FuzzedFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A raw disk's partition table is read, or refused as unfit. */
class PartitionTableFuzzTest {
  private static final FuzzedFile FILE = FuzzedFile.create();
  private static final DiskCheck CHECK = new DiskCheck(1L << 40);

  static Stream<byte[]> seeds() throws Exception {
    ByteBuffer mbr = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    mbr.put(450, (byte) 0x83).putInt(454, 1).putInt(458, 1).putShort(510, (short) 0xaa55);
    ByteBuffer gpt = ByteBuffer.allocate(2048).order(ByteOrder.LITTLE_ENDIAN);
    gpt.put(450, (byte) 0xee).putShort(510, (short) 0xaa55);
    gpt.put(512, "EFI PART".getBytes(US_ASCII)).putLong(512 + 72, 2).putInt(512 + 80, 4);
    gpt.putInt(512 + 84, 128).putLong(1024, 7).putLong(1024 + 40, 2);
    ByteBuffer large = ByteBuffer.allocate(16 << 10).order(ByteOrder.LITTLE_ENDIAN);
    large.put(4096, "EFI PART".getBytes(US_ASCII)).putLong(4096 + 72, 2).putInt(4096 + 80, 4);
    large.putInt(4096 + 84, 128).putLong(8192, 7).putLong(8192 + 40, 2);
    ByteBuffer ext4 = ByteBuffer.allocate(2048).order(ByteOrder.LITTLE_ENDIAN);
    ext4.putInt(1024 + 4, 2).putInt(1024 + 0x18, 2).putShort(1024 + 0x38, (short) 0xef53);
    ByteBuffer xfs = ByteBuffer.allocate(512).put("XFSB".getBytes(US_ASCII));
    xfs.putInt(4096).putLong(2);
    ByteBuffer btrfs = ByteBuffer.allocate(66 << 10).order(ByteOrder.LITTLE_ENDIAN);
    btrfs.put((64 << 10) + 0x40, "_BHRfS_M".getBytes(US_ASCII)).putLong((64 << 10) + 0x88, 1);
    btrfs.putLong((64 << 10) + 0x70, 1 << 20);
    return Stream.of(
        mbr.array(), gpt.array(), large.array(), ext4.array(), xfs.array(), btrfs.array());
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      DiskCheck.detect(FILE.of(bytes));
    } catch (UnfitDiskException refused) {
      // As it should be.
    }
    try {
      CHECK.requireGoodHeader(FILE.of(bytes), DiskFormat.RAW);
    } catch (UnfitDiskException refused) {
      // As it should be.
    }
  }
}
