package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A boot sector and a record of an NTFS say something, or nothing. */
class NtfsVolumeFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    ByteBuffer sector = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    sector.put(3, "NTFS    ".getBytes(US_ASCII)).putShort(11, (short) 512).put(13, (byte) 8);
    sector.putLong(48, 4).put(64, (byte) -10);
    ByteBuffer record = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    record.put(0, "FILE".getBytes(US_ASCII)).putShort(4, (short) 48).putShort(6, (short) 3);
    record.putShort(20, (short) 56).putInt(56, 0x70).putInt(60, 40).putShort(76, (short) 24);
    return Stream.of(sector.array(), record.array());
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void saysSomethingOrNothing(byte[] bytes) {
    var _ = NtfsVolume.RecordPlace.of(bytes);
    var _ = NtfsVolume.isDirty(bytes);
  }
}
