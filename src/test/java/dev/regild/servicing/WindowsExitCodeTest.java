package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.servicing.WindowsExitCode.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowsExitCodeTest {
  @ParameterizedTest
  @CsvSource({
    "0, DONE",
    "3010, RESTART",
    "1641, RESTARTS",
    "0x800f081e, NOT_APPLICABLE",
    "-2146498530, NOT_APPLICABLE",
    "2148468766, NOT_APPLICABLE",
    "0x80240017, NOT_APPLICABLE",
    "0x80070bc2, RESTART",
    "0x00240006, DONE",
    "1618, BUSY",
    "0x80070652, BUSY",
    "259, NO_DEVICE",
    "1603, FAILED",
    "1638, FAILED",
    "0x80070070, FAILED",
    "0x800f0922, FAILED",
    "0x80073712, FAILED",
    "0x800f0831, FAILED",
    "0x800f0823, FAILED",
    "424242, FAILED",
  })
  void aCodeHasItsOutcome(String code, Outcome outcome) {
    assertThat(WindowsExitCode.outcome(Long.decode(code))).isEqualTo(outcome);
  }

  @Test
  void aCodeIsSpokenAsItsDocumentationWritesIt() {
    assertThat(WindowsExitCode.spoken(-2146498530))
        .isEqualTo("0x800f081e (the package does not apply to this image)");
    assertThat(WindowsExitCode.spoken(1603))
        .isEqualTo("1603, 0x00000643 (a fatal error during installation)");
    assertThat(WindowsExitCode.spoken(0xdeadbeefL)).isEqualTo("0xdeadbeef (unknown to Regild)");
  }

  @Test
  void everyCodeIsFoundAgain() throws Exception {
    var code = WindowsExitCode.class.getDeclaredField("code");
    code.setAccessible(true);
    for (WindowsExitCode known : WindowsExitCode.values()) {
      assertThat(WindowsExitCode.find(code.getLong(known))).contains(known);
    }
  }
}
