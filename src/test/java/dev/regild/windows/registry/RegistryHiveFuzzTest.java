package dev.regild.windows.registry;

import static java.util.Objects.requireNonNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.disk.UnfitDiskException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A hive is read as that of a Windows, or is damaged or unfit. */
class RegistryHiveFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    try (InputStream hive = RegistryHiveFuzzTest.class.getResourceAsStream("windows.hive")) {
      return Stream.of(requireNonNull(hive).readAllBytes());
    }
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      RegistryHive hive = RegistryHive.of("SYSTEM", ByteBuffer.wrap(bytes));
      RegistryHive same = RegistryHive.of("SOFTWARE", ByteBuffer.wrap(bytes));
      WindowsRegistry registry = WindowsRegistry.of(same, hive, Optional.of(same));
      WindowsInventory.read(registry, false);
      WindowsFitness.requireAgent(registry);
      WindowsFitness.bootBus(registry);
    } catch (DamagedHiveException | UnfitDiskException refused) {
      // As it should be.
    }
  }
}
