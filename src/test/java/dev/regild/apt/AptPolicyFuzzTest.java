package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Preferences of apt are read, or refused as a whole. */
class AptPolicyFuzzTest {
  static Stream<byte[]> seeds() {
    return Stream.of(
            """
            RELEASE='stable'

            #regild-preferences /etc/apt/preferences
            Explanation: a pin
            Package: perl* /^lib/ bash:amd64
            Pin: release a=stable, o=Debian,
              l=Debian-Security
            Pin-Priority: -1

            Package: *
            Pin: origin "deb.example.org"
            Pin-Priority: never
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void areReadOrRefused(byte[] bytes) {
    try {
      AptPolicy.parse(new String(bytes, UTF_8));
    } catch (IOException refused) {
      // As it should be.
    }
  }
}
