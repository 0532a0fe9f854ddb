package dev.regild.machine.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialsTest {
  @TempDir Path directory;

  @Test
  void aCredentialGoesBeforeTheVariableOfItsName() throws Exception {
    Files.writeString(directory.resolve("regild_PGPASSWORD"), "of the file\n");
    Files.writeString(directory.resolve("regild_REGILD_MASTER_KEY"), "two\nlines");
    Files.writeString(directory.resolve("another_HOME"), "not ours");
    Files.writeString(directory.resolve("regild_.bak"), "no variable");
    assertThat(
            Credentials.over(
                Map.of(
                    "CREDENTIALS_DIRECTORY", directory.toString(),
                    "PGPASSWORD", "of the environment",
                    "HOME", "/root")))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "CREDENTIALS_DIRECTORY", directory.toString(),
                "PGPASSWORD", "of the file",
                "REGILD_MASTER_KEY", "two\nlines",
                "HOME", "/root"));
  }

  @Test
  void aCredentialThatIsNoTextIsNamed() throws Exception {
    Path file = directory.resolve("regild_REGILD_MASTER_KEY");
    Files.write(file, new byte[] {(byte) 0xff, 0});
    assertThatThrownBy(
            () -> Credentials.over(Map.of("CREDENTIALS_DIRECTORY", directory.toString())))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(file.toString(), "Base64");
  }

  @Test
  void withoutCredentialsTheVariablesAreAsTheyWere() throws Exception {
    assertThat(Credentials.over(Map.of("HOME", "/root"))).isEqualTo(Map.of("HOME", "/root"));
  }
}
