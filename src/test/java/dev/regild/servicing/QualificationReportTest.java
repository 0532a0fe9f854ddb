package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QualificationReportTest {
  private static final String ESCAPE = "\u001b[2J\u009b2J";

  @Test
  void whatAGuestSaysIsShortAndWithoutControlCharacters() throws Exception {
    String odd = ESCAPE + "x".repeat(100_000);
    QualificationReport report =
        QualificationReport.parse(
            "kernel\t%1$s\nstate\t%1$s\nfailed\t%1$s\nboot-default\t%1$s\nboot-entry\t%1$s\nend\n"
                .formatted(odd));
    String expected = "?[2J?2J" + "x".repeat(193);
    assertThat(expected).hasSize(200);
    assertThat(report.kernel()).isEqualTo(expected);
    assertThat(report.systemState()).isEqualTo(expected);
    assertThat(report.bootDefault()).isEqualTo(expected);
    assertThat(report.failedUnits()).containsExactly(expected);
    assertThat(report.bootEntries()).containsExactly(expected);
    assertThatThrownBy(() -> QualificationReport.parse(odd))
        .hasMessage("The boot report contains: " + expected);
  }
}
