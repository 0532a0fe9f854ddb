package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceleratorProbeIT {
  @TempDir Path directory;

  @Test
  void theBootSectorRunsUnderEmulation() throws Exception {
    assertThat(AcceleratorProbe.boot(Accelerator.TCG, Duration.ofMinutes(10))).isEmpty();
  }

  @Test
  void aMachineThatIsNotDoneInTimeIsNotTrusted() throws Exception {
    assertThat(AcceleratorProbe.boot(Accelerator.TCG, Duration.ofMillis(20)).orElseThrow())
        .contains("did not finish its first instructions");
  }

  @Test
  void theVerdictFitsThisHostAndIsRemembered() throws Exception {
    Path cache = directory.resolve("state/accelerator");
    AcceleratorProbe probe = new AcceleratorProbe(cache);
    AcceleratorProbe.Verdict verdict = probe.verdict();
    assertThat(verdict.reason()).isNotBlank();
    if (!Files.exists(Path.of("/dev/kvm"))) {
      assertThat(verdict)
          .isEqualTo(new AcceleratorProbe.Verdict(Accelerator.TCG, "/dev/kvm does not exist"));
    }
    FileTime written = FileTime.from(Instant.EPOCH);
    Files.setLastModifiedTime(cache, written);
    assertThat(probe.verdict()).isEqualTo(verdict);
    assertThat(Files.getLastModifiedTime(cache)).as("not probed again").isEqualTo(written);

    Files.writeString(cache, Files.readString(cache).replace("kernel=", "kernel=other-"));
    assertThat(probe.verdict()).isEqualTo(verdict);
    assertThat(cache).content().doesNotContain("kernel=other-");
  }
}
