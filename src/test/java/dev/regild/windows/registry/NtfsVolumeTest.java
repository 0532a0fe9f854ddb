package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.windows.registry.NtfsVolume.RecordPlace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
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
  void largeClustersAreSaidByTheirExponent() {
    assertThat(RecordPlace.of(bootSector(0x80, 4, -10)))
        .contains(new RecordPlace(4 * 65_536 + 3 * 1024, 1024));
    assertThat(RecordPlace.of(bootSector(0xf4, 4, -10)))
        .contains(new RecordPlace(4 * (2L << 20) + 3 * 1024, 1024));
    assertThat(RecordPlace.of(bootSector(0xf8, 4, -10)))
        .contains(new RecordPlace(4 * (128L << 10) + 3 * 1024, 1024));
    assertThat(RecordPlace.of(bootSector(0xf3, 4, -10))).isEmpty();
    assertThat(RecordPlace.of(bootSector(0x81, 4, -10))).isEmpty();
  }

  @Test
  void theFlagIsFoundBehindOtherAttributes() {
    assertThat(NtfsVolume.isDirty(record(1))).contains(true);
    assertThat(NtfsVolume.isDirty(record(2))).contains(false);
    assertThat(NtfsVolume.isDirty(new byte[1024])).isEmpty();
    assertThat(NtfsVolume.isDirty(new byte[10])).isEmpty();
  }

  @Test
  void aRecordThatWasNotWrittenInFullSaysNothing() {
    byte[] torn = record(1);
    torn[1023] = 9;
    assertThat(NtfsVolume.isDirty(torn)).isEmpty();
    byte[] another = record(1);
    another[0] = 'B';
    assertThat(NtfsVolume.isDirty(another)).isEmpty();
    byte[] shorter = Arrays.copyOf(record(1), 512);
    assertThat(NtfsVolume.isDirty(shorter)).isEmpty();
  }

  /** The flags lie where the number of the fix-ups stands in their place. */
  @Test
  void theFixUpsAreAppliedBeforeTheFlagIsRead() {
    ByteBuffer record = ByteBuffer.wrap(record(2)).order(ByteOrder.LITTLE_ENDIAN);
    int volume = 510 - 24 - 10;
    record.putInt(60, volume - 56);
    record.putInt(volume, 0x70).putInt(volume + 4, 40).putShort(volume + 20, (short) 24);
    assertThat(record.getShort(510) & 1).isEqualTo(1);
    assertThat(NtfsVolume.isDirty(record.array())).contains(false);
    record.putShort(50, (short) 1);
    assertThat(NtfsVolume.isDirty(record.array())).contains(true);
  }

  private static byte[] bootSector(int clusterSectors, long table, int recordSize) {
    ByteBuffer sector = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    sector.put(3, "NTFS    ".getBytes(US_ASCII)).putShort(11, (short) 512);
    sector.put(13, (byte) clusterSectors).putLong(48, table).put(64, (byte) recordSize);
    return sector.array();
  }

  private static byte[] record(int flags) {
    ByteBuffer record = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    record.put("FILE".getBytes(US_ASCII)).putShort((short) 48).putShort((short) 3);
    record.putShort(48, (short) 7).putShort(510, (short) 7).putShort(1022, (short) 7);
    record.putShort(20, (short) 56).putInt(56, 0x10).putInt(60, 96);
    int volume = 56 + 96;
    record.putInt(volume, 0x70).putInt(volume + 4, 40).putShort(volume + 20, (short) 24);
    record.putShort(volume + 24 + 10, (short) flags).putInt(volume + 40, -1);
    return record.array();
  }
}
