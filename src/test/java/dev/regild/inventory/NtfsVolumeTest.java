package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.inventory.NtfsVolume.RecordPlace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** What makes no sense is no place and no flag; the real thing is in {@link WindowsDiskIT}. */
class NtfsVolumeTest {
  @Test
  void theRecordOfTheVolumeIsTheFourthOfTheTable() {
    assertThat(RecordPlace.of(bootSector(8, 4, -10)))
        .contains(new RecordPlace(4 * 4096 + 3 * 1024, 1024));
    assertThat(RecordPlace.of(bootSector(8, 4, 1)))
        .contains(new RecordPlace(4 * 4096 + 3 * 4096, 4096));
    assertThat(RecordPlace.of(bootSector(8, -1, -10))).isEmpty();
    assertThat(RecordPlace.of(bootSector(8, 4, -128))).isEmpty();
    assertThat(RecordPlace.of(new byte[512])).isEmpty();
  }

  @Test
  void theFlagIsFoundBehindOtherAttributes() {
    assertThat(NtfsVolume.isDirty(record(1))).contains(true);
    assertThat(NtfsVolume.isDirty(record(2))).contains(false);
    assertThat(NtfsVolume.isDirty(new byte[1024])).isEmpty();
    assertThat(NtfsVolume.isDirty(new byte[10])).isEmpty();
  }

  private static byte[] bootSector(int clusterSectors, long table, int recordSize) {
    ByteBuffer sector = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    sector.put(3, "NTFS    ".getBytes(US_ASCII)).putShort(11, (short) 512);
    sector.put(13, (byte) clusterSectors).putLong(48, table).put(64, (byte) recordSize);
    return sector.array();
  }

  private static byte[] record(int flags) {
    ByteBuffer record = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    record.putShort(20, (short) 56).putInt(56, 0x10).putInt(60, 96);
    int volume = 56 + 96;
    record.putInt(volume, 0x70).putInt(volume + 4, 40).putShort(volume + 20, (short) 24);
    record.putShort(volume + 24 + 10, (short) flags).putInt(volume + 40, -1);
    return record.array();
  }
}
