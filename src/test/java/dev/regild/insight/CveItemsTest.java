package dev.regild.insight;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CveItemsTest {
  /** Lines of real changelogs, of Debian's kernel, openssl and others, and of rpms. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          * CVE-2023-0215 (Use-after-free following BIO_new_NDEF).        | CVE-2023-0215 | true
          - Revert "net/smc: Introduce TCP ULP support" (CVE-2026-46330)  | CVE-2026-46330 | true
          - f2fs: avoid reading already updated pages (CVE-2026-53018)    | CVE-2026-53018 | true
          - tracing: Reject incomplete event filter (CVE-2026-99236)      | CVE-2026-99236 | true
          - algif_aead - Revert to operating out-of-place (CVE-2026-31431)| CVE-2026-31431 | true
          * Remove SSLv2 to fix CVE-2016-0800.                            | CVE-2016-0800 | true
          * Fix regression of the patch for CVE-2021-3711.                | CVE-2021-3711 | false
          * Complete the incomplete fix for CVE-2020-1971                 | CVE-2020-1971 | false
          * Drop the patch (of Jane) and add CVE-2020-1972                | CVE-2020-1972 | true
          * CVE-2019-1551 was already fixed in 1.1.1d-2                   | CVE-2019-1551 | false
          * Already fixed in 1.1.1d: CVE-2019-1552                        | CVE-2019-1552 | false
          * Revert "Fix for CVE-2022-0778"                                | CVE-2022-0778 | false
          * Drop CVE-2022-1292.patch, applied upstream                    | CVE-2022-1292 | false
          * CVE-2022-2068 does not affect this version                    | CVE-2022-2068 | false
          - Resolves: cve-2021-3712 read overrun                          | CVE-2021-3712 | true
          """)
  void anItemFixesWhatItNamesUnlessItSaysOtherwise(String line, String cve, boolean fixed) {
    assertThat(named(line)).containsExactly(new NamedCve(cve, fixed, line.strip()));
  }

  @Test
  void whatIsIncompleteIsMentionedAndWhatTheParenthesisNamesIsFixed() {
    assertThat(verdicts("* Fix incomplete fix for CVE-2020-1 1971, CVE-2020-1971 (CVE-2021-3449)"))
        .isEqualTo(Map.of("CVE-2020-1971", false, "CVE-2021-3449", true));
  }

  @Test
  void onlyWholeIdentifiersCount() {
    assertThat(
            named(
                "* CVE-2023-12 CVE-23-1234 XCVE-2023-1234 CVE-2023-1234a CVE-2023-",
                "  5678 see-CVE-2023-9999"))
        .isEmpty();
    assertThat(verdicts("* 0001-CVE.patch, CVE-2023-1234.patch, CVE-2023-1235-1.patch"))
        .containsOnlyKeys("CVE-2023-1234", "CVE-2023-1235");
  }

  @Test
  void anItemGoesOnToTheNextBulletAndOneThatFixesDecides() {
    List<NamedCve> named =
        named(
            "  * Fix a regression that the",
            "    patch for CVE-2023-1234 brought",
            "  * Fix CVE-2023-1234 for good",
            "    - and CVE-2023-1235");
    assertThat(named)
        .containsExactly(
            new NamedCve("CVE-2023-1234", true, "* Fix CVE-2023-1234 for good"),
            new NamedCve("CVE-2023-1235", true, "- and CVE-2023-1235"));
  }

  @Test
  void evidenceIsShortAndShowsTheCve() {
    List<NamedCve> named = named("* " + "x ".repeat(5000) + "CVE-2023-1234" + " y".repeat(5000));
    assertThat(named.getFirst().line()).hasSizeLessThan(320).contains("CVE-2023-1234");
  }

  private static Map<String, Boolean> verdicts(String line) {
    return named(line).stream().collect(toMap(NamedCve::cve, NamedCve::fixed));
  }

  private static List<NamedCve> named(String... lines) {
    CveItems items = new CveItems();
    for (String line : lines) {
      items.line(line);
    }
    return items.named();
  }
}
