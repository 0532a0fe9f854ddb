package dev.regild.windows.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.windows.servicing.WindowsExitCode.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WindowsExitCodeTest {
  @ParameterizedTest
  @CsvSource({
    "0, DONE",
    "3010, RESTART",
    "1641, RESTARTS",
    "3017, RESTART_FIRST",
    "0x80070bc9, RESTART_FIRST",
    "0x000f0801, BUSY",
    "0x000f0802, DONE",
    "0x000f0803, RESTART",
    "0x800f081e, NOT_APPLICABLE",
    "-2146498530, NOT_APPLICABLE",
    "2148468766, NOT_APPLICABLE",
    "0x80240017, NOT_APPLICABLE",
    "0x80070bc2, RESTART",
    "0x00240006, DONE",
    "1618, BUSY",
    "1622, BUSY",
    "0x80070652, BUSY",
    "259, NO_DEVICE",
    "1603, FAILED",
    "1638, OTHER_VERSION",
    "0x80070070, FAILED",
    "0x800f0922, FAILED",
    "0x80073712, FAILED",
    "0x800f0831, FAILED",
    "0x800f0823, FAILED",
    "0x800f0838, FAILED",
    "0x800f082a, RESTART_FIRST",
    "424242, FAILED",
  })
  void aCodeHasItsOutcome(String code, Outcome outcome) {
    assertThat(WindowsExitCode.outcome(Long.decode(code))).isEqualTo(outcome);
  }

  /** The names as Microsoft has them, in winerror.h, setupapi.h and in what its servicing logs. */
  @ParameterizedTest
  @CsvSource({
    "0x800f081e, CBS_E_NOT_APPLICABLE",
    "0x800f0828, CBS_E_INSUFFICIENT_DISK_SPACE",
    "0x800f0838, CBS_E_MISSING_PREREQUISITE_BASELINES",
    "0x800f0905, CBS_E_NO_ACTIVE_EDITION",
    "0x800f0922, CBS_E_INSTALLERS_FAILED",
    "0x800f0983, PSFX_E_MATCHING_COMPONENT_DIRECTORY_MISSING",
    "0x800f0984, PSFX_E_MATCHING_BINARY_MISSING",
    "0x800f0986, PSFX_E_APPLY_FORWARD_DELTA_FAILED",
    "0x800f0988, PSFX_E_INVALID_DELTA_COMBINATION",
    "0xe0000242, ERROR_AUTHENTICODE_TRUST_NOT_ESTABLISHED",
    "0xe0000243, ERROR_AUTHENTICODE_PUBLISHER_NOT_TRUSTED",
    "0xe0000247, ERROR_DRIVER_STORE_ADD_FAILED",
    "1603, ERROR_INSTALL_FAILURE",
    "1618, ERROR_INSTALL_ALREADY_RUNNING",
    "1638, ERROR_PRODUCT_VERSION",
    "1641, ERROR_SUCCESS_REBOOT_INITIATED",
    "3010, ERROR_SUCCESS_REBOOT_REQUIRED",
  })
  void aCodeHasItsName(String code, WindowsExitCode name) {
    assertThat(WindowsExitCode.find(Long.decode(code))).contains(name);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 87, 259, 1602, 1603, 1622, 3017, 0x80070bc9L, 424242, 0xdeadbeefL})
  void whatIsNoSuccessHasARemedy(long code) {
    assertThat(WindowsExitCode.remedy(code)).endsWith(".").hasSizeGreaterThan(15);
  }

  @Test
  void aCodeIsSpokenAsItsDocumentationWritesIt() {
    assertThat(WindowsExitCode.spoken(-2146498530))
        .isEqualTo("0x800f081e (the package does not apply to this image)");
    assertThat(WindowsExitCode.spoken(1603))
        .isEqualTo("1603, 0x00000643 (a fatal error during installation)");
    assertThat(WindowsExitCode.spoken(0xdeadbeefL)).isEqualTo("0xdeadbeef (unknown to Regild)");
  }
}
