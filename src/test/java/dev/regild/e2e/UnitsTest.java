package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The units, as systemd reads them without a service manager. */
class UnitsTest {
  private static final Path UNITS = Path.of("deploy/systemd");
  private static final Pattern EXPOSURE = Pattern.compile("exposure level for \\S+: ([0-9.]+)");

  @TempDir Path directory;

  @BeforeEach
  void requireSystemd() {
    HostTools.assumeInstalled("systemd-analyze");
  }

  @ParameterizedTest
  @ValueSource(strings = {"regild.service", "regild-worker.service"})
  void theServiceIsExposedToAtMostFive(String unit) throws Exception {
    String judged =
        Program.of("systemd-analyze", "security", "--offline=true", UNITS.resolve(unit).toString())
            .run();
    Matcher exposure = EXPOSURE.matcher(judged);
    assertThat(exposure.find()).as(judged).isTrue();
    assertThat(Double.parseDouble(exposure.group(1))).isLessThanOrEqualTo(5.0);
  }

  @Test
  void systemdFindsNothingWrong() throws Exception {
    for (String unit : new String[] {"regild.service", "regild-worker.service", "regild.socket"}) {
      // The program need not be installed here.
      Files.writeString(
          directory.resolve(unit),
          Files.readString(UNITS.resolve(unit)).replace("/opt/regild/regild", "/bin/true"));
    }
    for (String unit : new String[] {"regild.service", "regild-worker.service", "regild.socket"}) {
      assertThat(
              Program.of(
                      "systemd-analyze", "verify", "--man=no", directory.resolve(unit).toString())
                  .with("SYSTEMD_LOG_LEVEL", "warning")
                  .run())
          .as(unit)
          .isBlank();
    }
  }

  /**
   * What bubblewrap calls for the sandbox of the tools; ProtectHostname= and RestrictSUIDSGID=
   * forbid some of it, and ProtectKernelModules= hides what libguestfs makes its appliance of.
   */
  @Test
  void theServersSandboxAndApplianceCanBeMade() throws Exception {
    List<String> settings = settings("regild.service");
    String filter =
        settings.stream()
            .filter(line -> line.startsWith("SystemCallFilter="))
            .findFirst()
            .orElseThrow();
    Set<String> allowed = new HashSet<>();
    for (String word : filter.split("=", 2)[1].split(" ", -1)) {
      allow(word, allowed);
    }
    assertThat(allowed)
        .contains("clone", "unshare", "mount", "umount2", "pivot_root", "sethostname")
        .contains("capset", "prctl", "seccomp", "prlimit64", "openat2");
    assertThat(allowed).doesNotContain("init_module", "finit_module");
    assertThat(settings)
        .noneMatch(
            line -> line.matches("(ProtectHostname|ProtectKernelModules|RestrictSUIDSGID)=.*"));
  }

  /** Adds a system call, or those of a group such as {@code @mount}. */
  private static void allow(String word, Set<String> allowed) throws Exception {
    if (!word.startsWith("@")) {
      allowed.add(word);
      return;
    }
    for (String line :
        Program.of("systemd-analyze", "syscall-filter", word).run().lines().toList()) {
      if (line.matches(" +[@a-z].*")) {
        allow(line.strip(), allowed);
      }
    }
  }

  /** A job fails if its machine ends before it is told to stop. */
  @Test
  void aStopIsForTheServerAndNotForItsMachines() throws Exception {
    assertThat(settings("regild.service")).contains("KillMode=mixed");
  }

  /** What a worker may do differs in nothing but its command. */
  @Test
  void theWorkerIsConfinedAsTheServer() throws Exception {
    assertThat(settings("regild-worker.service")).isEqualTo(settings("regild.service"));
  }

  private static List<String> settings(String unit) throws Exception {
    return Files.readAllLines(UNITS.resolve(unit)).stream()
        .filter(line -> line.matches("[A-Z].*=.*"))
        .filter(line -> !line.matches("(Description|ExecStart|After|Also)=.*"))
        .toList();
  }
}
