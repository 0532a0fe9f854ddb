package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.CveItems;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** Debian's mark, and Ubuntu's, which keeps ten entries of each changelog. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "# Older entries have been removed from this changelog.",
        "# To read the complete changelog use `apt changelog openssl`.",
        "# For older changelog entries, run 'apt-get changelog openssl'"
      })
  void aChangelogThatItsDistributionHasCutIsNotWhole(String mark) throws Exception {
    String kept = HEADING.formatted("3.0-2") + "  * CVE-2020-1111\n\n";
    assertThat(read(kept).whole()).isTrue();
    assertThat(read(kept + "# a comment\n").whole()).isTrue();
    DebChangelog cut = read(kept + "\n" + mark + "\n");
    assertThat(cut.whole()).isFalse();
    assertThat(cut.oldest().version()).isEqualTo("3.0-2");
    assertThat(cut.problem()).isEmpty();
  }

  private static DebChangelog read(String text) throws Exception {
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(text.getBytes(UTF_8));
    }
    return DebChangelog.read(new ByteArrayInputStream(gzip.toByteArray()));
  }
}
