package dev.regild.windows.winget;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The examples are those of winget's own order. */
class WingetVersionTest {
  @ParameterizedTest
  @CsvSource({
    "1, 2",
    "1.0.0, 2.0.0",
    "0.0.1, 0.0.2",
    "0.0.1-alpha, 0.0.2-alpha",
    "0.0.1-beta, 0.0.2-alpha",
    "13.9.8, 14.1",
    "1.9, 1.10",
    "1.2-beta, 1.2",
    "1.2-alpha, 1.2-beta",
    "1.0, 1.0.1",
    "v1.2, 1.3",
    "release-9.1, release-10.0",
    "unknown, 0.0.1",
    "99, latest"
  })
  void theFirstIsTheOlder(String older, String newer) {
    assertThat(new WingetVersion(older)).isLessThan(new WingetVersion(newer));
    assertThat(new WingetVersion(newer)).isGreaterThan(new WingetVersion(older));
  }

  @ParameterizedTest
  @CsvSource({"1.0, 1.0.0", "1, 1.0.0.0", "v2.1, 2.1", "Version 2.1, 2.1", "1.2-Beta, 1.2-beta"})
  void theyAreTheSame(String one, String other) {
    assertThat(new WingetVersion(one)).isEqualByComparingTo(new WingetVersion(other));
  }
}
