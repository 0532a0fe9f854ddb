package dev.regild.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.Fixtures;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The images that the demo and the other tests stand on are what they claim to be. */
@EnabledIf("dev.regild.fixtures.Fixtures#imagesAreAvailable")
class GoldenImageIT {
  private static final Duration BOOT = Duration.ofMinutes(5);

  @TempDir Path directory;

  @Test
  void theGoldenImageBootsByItselfAndStartsTheAgent() throws Exception {
    Path console = directory.resolve("console.log");
    Files.createFile(console);
    try (var _ = Program.of(machine(Fixtures.goldenImage(), console)).startTied()) {
      Instant end = Instant.now().plus(BOOT);
      while (!Files.readString(console).contains("login:") && Instant.now().isBefore(end)) {
        Thread.sleep(500);
      }
    }

    assertThat(console)
        .content()
        .contains("login:")
        .containsPattern("Started .*regild-streaming")
        .doesNotContain("FAILED");
  }

  @Test
  void anImageIsMadeOnce() throws Exception {
    Path first = Fixtures.smallImage();
    var made = Files.getLastModifiedTime(first);

    Path second = Fixtures.smallImage();

    assertThat(second).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(second)).isEqualTo(made);
    assertThat(Program.of("qemu-img", "check", second.toString()).run()).contains("No errors");
  }

  private static List<String> machine(Path image, Path console) {
    return List.of(
        "qemu-system-x86_64",
        "-accel",
        "tcg",
        "-m",
        "1024",
        "-nodefaults",
        "-display",
        "none",
        "-serial",
        "file:" + console,
        "-drive",
        "file=%s,format=qcow2,if=virtio,snapshot=on".formatted(image));
  }
}
