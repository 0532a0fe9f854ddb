package dev.regild.windows.servicing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.machine.FakeAgent;
import dev.regild.plan.InstalledPackage;
import dev.regild.servicing.GuestException;
import dev.regild.servicing.QualificationReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a fake Windows that has booted is asked, and what is made of its answers. */
@Timeout(300)
class WindowsExaminationTest {
  private static final WindowsLimits LIMITS = limits(Duration.ofMinutes(1));

  /** For a service that never starts. */
  private static final WindowsLimits SHORT = limits(Duration.ofSeconds(2));

  private static final String SERVICE =
      """

      SERVICE_NAME: x
              TYPE               : 1  KERNEL_DRIVER
              STATE              : %s
              WIN32_EXIT_CODE    : 0  (0x0)
      """;

  @TempDir Path directory;
  private FakeWindows windows;

  @BeforeEach
  void start() throws Exception {
    windows = new FakeWindows(directory);
    windows.say(
        "Windows NT\\CurrentVersion",
        """

        HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion
            CurrentBuild    REG_SZ    20348
            CurrentMajorVersionNumber    REG_DWORD    0xa
            CurrentMinorVersionNumber    REG_DWORD    0x0
            PathName    REG_SZ    C:\\Windows
            UBR    REG_DWORD    0x924
        """
            .replace("\n", "\r\n"));
    windows.say("QEMU-GA", SERVICE.formatted("4  RUNNING"));
    windows.say("Win32_PnPEntity", "");
    windows.say("Win32_Service", "");
  }

  @AfterEach
  void close() throws Exception {
    windows.close();
  }

  @Test
  void aSystemWithoutProblemsIsRunning() throws Exception {
    windows.say("query Agent", SERVICE.formatted("4  RUNNING"));
    QualificationReport report = examine(Set.of("Agent"));
    assertThat(report.kernel()).isEqualTo("10.0.20348.2340");
    assertThat(report.systemState()).isEqualTo("running");
    assertThat(report.failedUnits()).isEmpty();
    assertThat(report.packages())
        .containsExactly(new InstalledPackage("Windows", "neutral", "10.0.20348.2340", false));
    assertThat(windows.events()).containsExactly("screen", "off");
    assertThat(report.seen().orElseThrow().screen()).contains(windows.shown);
  }

  @Test
  void devicesAndServicesWithProblemsAreNamed() throws Exception {
    windows.say("query Agent", SERVICE.formatted("1  STOPPED"));
    windows.say(
        "Win32_PnPEntity",
        "28\tPCI\\VEN_1AF4&DEV_1000\\3&13C\tEthernet Controller\r\n10\tROOT\\X\t\r\n");
    windows.say("Win32_Service", "Spooler\t1067\r\n");
    QualificationReport report = examine(Set.of("Agent"), SHORT);
    assertThat(report.systemState()).isEqualTo("degraded");
    assertThat(report.failedUnits())
        .containsExactly(
            "service Agent: STOPPED",
            "service Spooler: ended with 1067",
            "device PCI\\VEN_1AF4&DEV_1000\\3&13C: code 28, no driver is installed",
            "device ROOT\\X: code 10, it can't start");
  }

  @Test
  void whatTheGuestSaysIsBoundedAndHasNoControlCharacters() throws Exception {
    String bell = "\u001b[31mEvil\u0007" + "x".repeat(1000) + "\t1\r\n";
    windows.say("Win32_Service", "CDPUserSvc_4f3a2\t1067\r\n" + bell.repeat(300));
    List<String> failed = examine(Set.of()).failedUnits();
    assertThat(failed).hasSize(2).contains("service CDPUserSvc: ended with 1067");
    assertThat(failed.getLast()).hasSize(300).startsWith("service [31mEvilxxx");
  }

  @Test
  void anAgentThatIsNotInstalledIsNamed() throws Exception {
    windows.ends("query Agent", 1060);
    assertThat(examine(Set.of("Agent")).failedUnits())
        .containsExactly("service Agent: not installed");
  }

  @Test
  void aServiceThatStartsLateIsWaitedFor() throws Exception {
    windows.script(
        "query Agent",
        new FakeAgent.Program(0L, SERVICE.formatted("2  START_PENDING")),
        new FakeAgent.Program(0L, SERVICE.formatted("4  RUNNING")));
    assertThat(examine(Set.of("Agent")).failedUnits()).isEmpty();
  }

  @Test
  void aBuildThatIsNoneIsAFailure() {
    windows.say("Windows NT\\CurrentVersion", "    CurrentBuild    REG_SZ    $(reboot)\r\n");
    assertThatThrownBy(() -> examine(Set.of()))
        .isInstanceOf(GuestException.class)
        .hasMessageContaining("no CurrentBuild");
  }

  private static WindowsLimits limits(Duration question) {
    Duration patience = Duration.ofMinutes(1);
    return new WindowsLimits(patience, patience, question, patience, Duration.ofMillis(10));
  }

  private QualificationReport examine(Set<String> agentService) throws Exception {
    return examine(agentService, LIMITS);
  }

  private QualificationReport examine(Set<String> agentService, WindowsLimits limits)
      throws Exception {
    return new WindowsExamination(new WindowsGuest(windows, limits, line -> {}), limits)
        .run(agentService);
  }
}
