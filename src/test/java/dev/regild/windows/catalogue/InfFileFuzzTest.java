package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.archive.ArchiveException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** An INF is read, or is none of a driver. */
class InfFileFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            [Version]
            Signature = "$WINDOWS NT$"
            DriverVer = 06/21/2024,100.95.104.26200 ; a comment
            [Manufacturer]
            %Vendor% = Models,NTamd64.10.0,NTx86
            [Models.NTamd64.10.0]
            %Desc% = Install, PCI\\VEN_1AF4&DEV_1000, \\
              PCI\\VEN_1AF4
            [Strings]
            Vendor = "A ""good"" vendor"
            Desc = "Net"
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      InfFile.parse(bytes);
    } catch (ArchiveException refused) {
      // As it should be.
    }
  }
}
