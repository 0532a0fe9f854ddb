package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.CveItems;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class DebChangelogTest {
  private static final String HEADING = "openssl (%s) unstable; urgency=low\n\n";

  /** Each CVE is kept with its line: a few MB of such a changelog would be gigabytes of memory. */
  @Test
  void oneEntryThatNamesCvesWithoutEndIsReadToALimit() throws Exception {
    StringBuilder text = new StringBuilder(HEADING.formatted("3.0-2") + "  * CVE-2020-1111\n\n");
    text.append(HEADING.formatted("3.0-1"));
    for (int i = 0; i < CveItems.MOST_IN_A_CHANGELOG * 4; i++) {
      text.append("  * CVE-2020-").append(10_000 + i).append('\n');
    }
    DebChangelog read = read(text.toString());
    assertThat(read.problem()).contains("too long");
    assertThat(read.entries()).extracting(ChangelogEntry::version).containsExactly("3.0-2");
    assertThat(read.oldest().version()).isEqualTo("3.0-1");
    assertThat(read.whole()).isFalse();
  }

  @Test
  void manyEntriesHaveTheLimitTogether() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < CveItems.MOST_IN_A_CHANGELOG / 40; i++) {
      text.append(HEADING.formatted("3.0-" + (100_000 - i)));
      text.append("  * CVE-2020-1111\n".repeat(50));
    }
    assertThat(read(text.toString()).problem()).contains("too long");
  }

  private static DebChangelog read(String text) throws Exception {
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(text.getBytes(UTF_8));
    }
    return DebChangelog.read(new ByteArrayInputStream(gzip.toByteArray()));
  }
}
