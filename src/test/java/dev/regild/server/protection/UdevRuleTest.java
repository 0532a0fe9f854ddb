package dev.regild.server.protection;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UdevRuleTest {
  private static final Path OURS =
      Path.of("src/main/resources/dev/regild/servicing/10-regild.rules");

  @TempDir Path directory;

  @Test
  void aHostWithoutUdevNeedsNoRule() {
    assertThat(look().state()).isEqualTo(Finding.State.UNNEEDED);
  }

  @Test
  void aHostWithUdevIsToldOfARuleThatIsMissingOrOfAnotherVersion() throws Exception {
    Files.createFile(directory.resolve("control"));
    assertThat(look().state()).isEqualTo(Finding.State.MISSING);
    assertThat(look().detail()).contains("./regild setup USER");

    Files.writeString(directory.resolve("rule"), "# of another version");
    assertThat(look().state()).isEqualTo(Finding.State.MISSING);

    Files.writeString(directory.resolve("rule"), Files.readString(OURS));
    assertThat(look().state()).isEqualTo(Finding.State.HOLDS);
  }

  private Finding look() {
    return new UdevRule(directory.resolve("control"), directory.resolve("rule")).look();
  }
}
