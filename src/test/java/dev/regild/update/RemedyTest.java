package dev.regild.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.plan.PackageSystem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemedyTest {
  @ParameterizedTest
  @CsvSource({
    "DPKG, qualification.time-limit",
    "RPM, qualification.time-limit",
    "WINDOWS, windows.start-limit",
  })
  void aValidationBootThatFailsNamesTheSettingOfItsPlatformAlone(
      PackageSystem system, String setting) {
    assertThat(Remedy.ofValidation(system))
        .isEqualTo(
            "Boot the disk elsewhere, fix it and upload it again, or raise " + setting + ".");
  }
}
