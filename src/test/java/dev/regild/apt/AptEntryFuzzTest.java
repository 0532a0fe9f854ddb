package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Entries of apt's configuration are read, in either form. */
class AptEntryFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            deb [arch=amd64 signed-by=/a.gpg] https://a.example/debian bookworm main contrib
            deb-src http://b.example stable main # comment
            """,
            """
            Types: deb deb-src
            URIs: https://a.example/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             aaaa
             -----END PGP PUBLIC KEY BLOCK-----
            Enabled: no
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isRead(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    AptEntry.ofOneLine("a.list", text);
    AptEntry.ofDeb822("a.sources", text);
  }
}
