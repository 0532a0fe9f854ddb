package dev.regild.servicing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.machine.Program;
import dev.regild.plan.InstalledPackage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script of the qualification boot in a real shell, with a fake of systemctl: those of the
 * systems that Regild keeps differ in what they know and how they print.
 */
class QualificationScriptTest {
  private static final String PORT = "/dev/virtio-ports/dev.regild.qualification";

  @TempDir Path directory;

  /** As systemd 239 (Enterprise Linux 8), which passes --wait over, and 219 (Amazon Linux 2). */
  @ParameterizedTest
  @ValueSource(strings = {":", "exit 1"})
  void theEndOfTheStartIsAwaitedWhereSystemctlDoesNotWait(String atWait) throws Exception {
    QualificationReport report =
        report(atWait, "unknown initializing starting starting running", "");
    assertThat(report.systemState()).isEqualTo("running");
    assertThat(report.failedUnits()).isEmpty();
    assertThat(report.packages()).extracting(InstalledPackage::name).containsExactly("bash");
    assertThat(directory.resolve("power")).hasContent("off");
  }

  @Test
  void aStateThatCannotBeAskedForYetIsAskedForAgain() throws Exception {
    assertThat(report(":", "- - degraded", "").systemState()).isEqualTo("degraded");
  }

  @Test
  void aSystemThatIsInMaintenanceIsReportedAtOnce() throws Exception {
    assertThat(report(":", "maintenance running", "").systemState()).isEqualTo("maintenance");
  }

  @ParameterizedTest
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      value = {"''", "● ", "* ", "'  '"})
  void failedUnitsAreNamedWithoutTheirMarks(String mark) throws Exception {
    QualificationReport report =
        report(
            ":",
            "degraded",
            mark + "web.service loaded failed failed Web\n" + mark + "db.service loaded failed\n");
    assertThat(report.failedUnits()).containsExactly("web.service", "db.service");
  }

  /**
   * @param atWait what systemctl does if it is told to wait
   * @param states that it answers one after the other; "-" for none
   * @param failed what it lists as failed units
   */
  private QualificationReport report(String atWait, String states, String failed) throws Exception {
    Path port = Files.createFile(directory.resolve("port"));
    Files.writeString(directory.resolve("states"), states.replace(' ', '\n') + "\n");
    Files.writeString(directory.resolve("failed"), failed);
    program(
        "systemctl",
        """
        cd "$(dirname "$0")"
        case "$*" in *--wait*) %s ;; esac
        case $1 in
        is-system-running)
          head -n 1 states | sed 's/^-$//'
          sed -i 1d states
          exit 1
          ;;
        list-units) cat failed ;;
        poweroff) echo off >power ;;
        esac
        """
            .formatted(atWait));
    program("sleep", "");
    program("listing", "printf 'package\\tbash\\tamd64\\t5.2-1\\tinstall\\tinstalled\\n'");
    Path script = directory.resolve("script");
    Files.writeString(
        script,
        new String(Resources.read("qualification.sh"), UTF_8).replace(PORT, port.toString()));
    String path = "PATH=" + directory + ":/usr/bin:/bin";
    var _ =
        Program.of("env", path, "sh", script.toString(), directory.resolve("listing").toString())
            .within(Duration.ofMinutes(2))
            .run();
    return QualificationReport.parse(Files.readString(port));
  }

  private void program(String name, String text) throws Exception {
    Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
