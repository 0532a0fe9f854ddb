package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.disk.UnfitDiskException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The status of dpkg is read, or refused as a whole. */
class DpkgStatusFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            Package: dpkg
            Status: install ok installed
            Architecture: amd64
            Version: 1.21.22
            Description: a package
             that goes on

            Package: bash
            Status: hold ok installed
            Architecture: amd64
            Version: 5.2.15-2+b7
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      DpkgStatus.parse(bytes);
    } catch (UnfitDiskException refused) {
      // As it should be.
    }
  }
}
