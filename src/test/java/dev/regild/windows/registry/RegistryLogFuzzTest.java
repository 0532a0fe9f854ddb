package dev.regild.windows.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fixtures.FuzzedFile;
import dev.regild.fixtures.HiveBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A hive that is not whole gets what its log holds, or is damaged; the input is the log. */
class RegistryLogFuzzTest {
  private static final FuzzedFile HIVE = FuzzedFile.create();
  private static final FuzzedFile LOG = FuzzedFile.create();

  static Stream<byte[]> seeds() throws Exception {
    ByteBuffer log = ByteBuffer.allocate(1536).order(ByteOrder.LITTLE_ENDIAN);
    log.put(0, "regf".getBytes(US_ASCII));
    log.put(512, "HvLE".getBytes(US_ASCII)).putInt(516, 1024).putInt(524, 1).putInt(528, 4096);
    log.putInt(532, 1).putInt(552, 0).putInt(556, 512);
    return Stream.of(log.array());
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isAppliedOrRefused(byte[] bytes) throws Exception {
    byte[] hive = HiveBuilder.empty();
    ByteBuffer header = ByteBuffer.wrap(hive).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(4, 2).putInt(508, header.getInt(508) ^ 1 ^ 2); // behind its log by one
    try {
      RegistryLog.apply("TEST", HIVE.of(hive), List.of(LOG.of(bytes)));
    } catch (DamagedHiveException refused) {
      // As it should be.
    }
  }
}
