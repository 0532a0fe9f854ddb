package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.channel.TestKey;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Keyring;
import java.util.stream.Stream;
import org.bouncycastle.openpgp.PGPException;
import org.bouncycastle.openpgp.PGPSignature;
import org.junit.jupiter.params.provider.MethodSource;

/** An InRelease is taken apart and its signature looked at, or refused. */
class ClearSignedFuzzTest {
  private static final TestKey KEY = key();

  private static TestKey key() {
    try {
      return TestKey.simple();
    } catch (PGPException e) {
      throw new IllegalStateException(e);
    }
  }

  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(KEY.clearSigned("Suite: stable\n- a line\n").getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws Exception {
    try {
      ClearSigned signed = ClearSigned.parse("InRelease", bytes);
      Keyring.of("signed-by", KEY.armored(), Keyring.Sha1.TAKEN)
          .verify(
              "InRelease",
              signed.canonical(),
              signed.signature(),
              PGPSignature.CANONICAL_TEXT_DOCUMENT,
              TestKey.CREATED.plusSeconds(7200));
    } catch (FetchException refused) {
      // As it should be.
    }
  }
}
