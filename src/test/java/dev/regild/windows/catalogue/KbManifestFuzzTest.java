package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** An update.mum is read, or refused. */
class KbManifestFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            <assembly xmlns="urn:schemas-microsoft-com:asm.v3">
              <assemblyIdentity name="Package_for_RollupFix" version="20348.2340.1.10" processorArchitecture="amd64"/>
              <package identifier="KB5035857" releaseType="Security Update">
                <parent><assemblyIdentity name="Microsoft-Windows-ServerDatacenterEdition" version="10.0.20348.1"/></parent>
              </package>
            </assembly>
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      KbManifest manifest = KbManifest.parse(new String(bytes, UTF_8));
      manifest.isForRecovery();
      manifest.facts();
    } catch (IOException | IllegalArgumentException refused) {
      // As it should be.
    }
  }
}
