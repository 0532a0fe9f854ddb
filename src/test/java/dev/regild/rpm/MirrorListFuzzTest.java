package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fetch.FetchException;
import dev.regild.rpm.RpmSource.Locator;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A list of mirrors and a metalink are read, or refused. */
class MirrorListFuzzTest {
  private static final RpmSource SOURCE =
      new RpmSource(Locator.MIRRORLIST, "https://list.example/", "x86_64", "/key");

  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            <metalink version="3.0" xmlns="http://www.metalinker.org/">
              <files><file name="repomd.xml">
                <verification><hash type="sha256">aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</hash></verification>
                <resources><url protocol="https" preference="100">https://a.example/r/repodata/repomd.xml</url></resources>
              </file></files>
            </metalink>
            """,
            """
            # mirrors
            https://a.example/$releasever/$basearch/
            http://b.example/${basearch}
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      MirrorList.ofMetalink("https://list.example/", bytes);
    } catch (FetchException refused) {
      // As it should be.
    }
    try {
      MirrorList.ofText("https://list.example/", bytes, SOURCE, "8");
    } catch (FetchException refused) {
      // As it should be.
    }
  }
}
