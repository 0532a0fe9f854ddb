package dev.regild.windows.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowsVersionTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.20348.2340, 10.0.20348.2400",
    "10.0.17763.999, 10.0.20348.1",
    "9.9, 10",
    "1.2, 1.2.1",
    "'', 0.1",
    "2023-12-31 99.0.0.0, 2024-01-01 1.0.0.0",
    "2024-01-01 1.0.0.9, 2024-01-01 1.0.0.10",
    "99999999999999999999, 100000000000000000000",
  })
  void theFirstIsLower(String lower, String higher) {
    assertThat(WindowsVersion.compare(lower, higher)).isNegative();
    assertThat(WindowsVersion.compare(higher, lower)).isPositive();
  }

  @Test
  void numbersThatAreMissingAreZero() {
    assertThat(WindowsVersion.compare("1.0.0", "1")).isZero();
    assertThat(WindowsVersion.compare("01.2", "1.2.0.0")).isZero();
    assertThat(WindowsVersion.compare("", "")).isZero();
  }
}
