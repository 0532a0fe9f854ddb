package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.regild.fetch.FetchException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A repomd.xml is read, or refused. */
class RepomdFileFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.of(
            """
            <repomd xmlns="http://linux.duke.edu/metadata/repo">
              <revision>1</revision>
              <data type="primary">
                <checksum type="sha256">aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</checksum>
                <open-checksum type="sha256">aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</open-checksum>
                <location href="repodata/primary.xml.gz"/>
                <timestamp>1700000000.5</timestamp>
                <size>100</size>
                <open-size>1000</open-size>
              </data>
            </repomd>
            """)
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) {
    try {
      RepomdFile.parse("repomd.xml", bytes);
    } catch (FetchException refused) {
      // As it should be.
    }
  }
}
