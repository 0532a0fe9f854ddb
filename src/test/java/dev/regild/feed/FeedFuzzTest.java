package dev.regild.feed;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.github.luben.zstd.Zstd;
import dev.regild.fixtures.FuzzedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a feed's server sends is read as one of the kinds, or refused. */
class FeedFuzzTest {
  private static final FuzzedFile FILE = FuzzedFile.create();

  static Stream<byte[]> seeds() {
    return Stream.of(
            "{\"openssl\": {\"CVE-2026-1001\": {\"releases\": {\"bookworm\":"
                + " {\"status\": \"open\", \"urgency\": \"low\"}}}}}",
            "{\"catalogVersion\": \"1\", \"count\": 1, \"vulnerabilities\":"
                + " [{\"cveID\": \"CVE-2026-1003\"}]}",
            "[{\"id\": \"ALSA-2026:1\", \"modified\": \"2026\", \"related\": [\"CVE-2026-1\"],"
                + " \"affected\": [{\"package\": {\"ecosystem\": \"Debian:12\", \"name\": \"a\"},"
                + " \"ranges\": [{\"type\": \"ECOSYSTEM\", \"events\": [{\"fixed\": \"1\"}]}]}]}]",
            "{\"document\": {\"category\": \"csaf_vex\", \"csaf_version\": \"2.0\"},"
                + " \"product_tree\": {\"branches\": [{\"product\": {\"product_id\": \"r\","
                + " \"product_identification_helper\": {\"cpe\":"
                + " \"cpe:/o:redhat:enterprise_linux:9\"}}}]}, \"vulnerabilities\":"
                + " [{\"cve\": \"CVE-2026-5001\", \"product_status\":"
                + " {\"fixed\": [\"r:a-1:1-1.src\"]}}]}")
        .map(text -> text.getBytes(UTF_8))
        .flatMap(bytes -> Stream.of(bytes, Zstd.compress(bytes)));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "1m")
  void isReadOrRefused(byte[] bytes) throws IOException {
    Path file = FILE.of(bytes);
    for (FeedKind kind : FeedKind.values()) {
      try {
        FeedFacts facts = new FeedFacts(Set.of("DEBIAN_12", "RHEL9", FeedFacts.ANY));
        kind.reader().read(file, facts);
        for (String platform : facts.platforms()) {
          var _ = FeedFacts.unpacked(facts.packed(platform));
        }
      } catch (MalformedFeedException | IOException refused) {
        // As it should be.
      }
    }
  }
}
