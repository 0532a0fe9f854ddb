package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fetch.FetchException;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A Release file is read and checked, or refused. */
class ReleaseFileFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            Origin: Debian
            Label: Debian-Security
            Suite: stable
            Codename: bookworm
            Date: Sat, 10 Feb 2024 11:02:40 UTC
            Valid-Until: Sat, 17 Feb 2024 11:02:40 UTC
            Architectures: all amd64
            Components: main
            No-Support-for-Architecture-all: Packages
            SHA256:
             aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1489616 main/binary-amd64/Packages.xz
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      ReleaseFile release = ReleaseFile.parse("Release", bytes);
      release.check("Release", true, Instant.EPOCH);
      release.date("Release");
      release.priority();
      release.hasIndexForAll();
    } catch (FetchException refused) {
      // As it should be.
    }
  }
}
