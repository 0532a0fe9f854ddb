package dev.regild.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.regild.apt.AptPackageSystem;
import dev.regild.rpm.RpmPackageSystem;
import java.util.Comparator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VersionRangeTest {
  private static final Comparator<String> DEB = new AptPackageSystem().family().order();
  private static final Comparator<String> RPM = new RpmPackageSystem().family().order();

  @ParameterizedTest
  @CsvSource({
    "5.6.0..5.6.1, 5.6.0-0.2, true",
    "5.6.0..5.6.1, 5.6.1-1, true",
    "5.6.0..5.6.1, 5.6.1+really5.4.5-1, false",
    "5.6.0..5.6.1, 5.4.5-0.3, false",
    "5.6.1, 5.6.1-1, true",
    "5.6.1-1, 5.6.1-1, true",
    "5.6.1-1, 5.6.1-1.1, false",
    "..1.10, 1.9-3, true",
    "..1.10, 1:1.9-3, true",
    "..0:1.10, 1:1.9-3, false",
    "1.10.., 1.9-3, false",
    "1.10.., 1.10~rc1-1, false",
    "2.36-9+deb12u3.., 2.36-9+deb12u10, true",
    // The revision is what follows the last hyphen.
    "1.2-beta.., 1.2-beta-1, true"
  })
  void versionsOfDebianAreInARange(String range, String version, boolean included) {
    assertThat(VersionRange.parse(range).includes(version, DEB)).isEqualTo(included);
  }

  @ParameterizedTest
  @CsvSource({
    "1.1.1k, 1:1.1.1k-9.el8_7, true",
    "1.1.1k-9.el8_7.., 1:1.1.1k-12.el8_9, true",
    "2:1.1.1k.., 1:1.1.1k-12.el8_9, false"
  })
  void versionsOfRpmAreInARange(String range, String version, boolean included) {
    assertThat(VersionRange.parse(range).includes(version, RPM)).isEqualTo(included);
  }

  @Test
  void aRangeWithoutABoundIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VersionRange.parse(" .. "))
        .withMessageContaining("5.6.0..5.6.1");
  }
}
