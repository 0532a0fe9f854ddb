package dev.regild.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplianceSandboxTest {
  @TempDir Path directory;

  /** The program as it is, but with a shell in QEMU's place that shows its environment. */
  @Test
  void whatTheServerWasStartedWithStaysOutOfTheSandbox() throws Exception {
    HostTools.assumeInstalled("bwrap", QemuCommand.QEMU);
    Path own = Files.createDirectory(directory.resolve("own"));
    Path launcher = Files.createDirectory(directory.resolve("launcher"));
    Path program = new ApplianceSandbox(own, launcher, List.of(), Accelerator.TCG).write(512);
    Path words = launcher.resolve("qemu.sandbox");
    String qemu = "'%s'".formatted(SearchPath.find(QemuCommand.QEMU).orElseThrow());
    assertThat(Files.readString(words)).contains(qemu);
    Files.writeString(words, Files.readString(words).replace(qemu, "'/bin/sh' '-c' 'env'"));
    ProcessBuilder builder = new ProcessBuilder(program.toString(), "-machine", "none");
    builder.environment().put("REGILD_MASTER_KEY", "canary-key");
    builder.environment().put("PGPASSWORD", "canary-password");
    Process process = builder.redirectErrorStream(true).start();
    String shown = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(shown).isZero();
    assertThat(shown).contains("TMPDIR=" + own).doesNotContain("canary", "PGPASSWORD", "PATH=/");
  }
}
