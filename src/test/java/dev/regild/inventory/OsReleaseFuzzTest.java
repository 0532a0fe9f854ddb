package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any os-release is read. */
class OsReleaseFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            ID=debian
            VERSION_ID="12"
            PRETTY_NAME="Debian \\"12\\""
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isRead(byte[] bytes) {
    OsRelease.parse(new String(bytes, UTF_8));
  }
}
