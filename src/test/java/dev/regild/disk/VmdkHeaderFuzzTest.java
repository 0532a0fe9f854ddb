package dev.regild.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fixtures.FuzzedFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A vmdk is read, or refused as unfit. */
class VmdkHeaderFuzzTest {
  private static final FuzzedFile FILE = FuzzedFile.create();
  private static final DiskCheck CHECK = new DiskCheck(1L << 40);

  static Stream<byte[]> seeds() throws Exception {
    ByteBuffer disk = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    disk.putInt(VmdkHeader.MAGIC).putInt(1).putInt(3).putLong(2048).putLong(128);
    disk.putLong(1).putLong(1).putInt(512);
    String descriptor =
        """
        # Disk DescriptorFile
        version=1
        CID=fffffffe
        parentCID=ffffffff
        createType="monolithicSparse"
        RW 2048 SPARSE "disk.vmdk"
        """;
    disk.put(512, descriptor.getBytes(US_ASCII));
    return Stream.of(disk.array());
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      CHECK.requireGoodHeader(FILE.of(bytes), DiskFormat.VMDK);
    } catch (UnfitDiskException refused) {
      // As it should be.
    }
  }
}
