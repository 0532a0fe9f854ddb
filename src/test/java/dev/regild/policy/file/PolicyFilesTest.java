package dev.regild.policy.file;

import static dev.regild.image.Registry.ALICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.image.Registry;
import dev.regild.policy.InvalidPolicyException;
import dev.regild.policy.schedule.Schedules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyFilesTest {
  @TempDir Path directory;
  @AutoClose private Registry registry;
  private PolicyFiles files;

  @BeforeEach
  void open() throws IOException {
    registry = new Registry(directory);
    Clock clock = Clock.systemUTC();
    files = new PolicyFiles(registry.database, List.of(new Schedules(clock)), clock);
  }

  @Test
  void whatIsExportedCanBeAppliedWhateverItsNamesLookLike() {
    String yaml =
        """
        kind: Schedule
        name: "1.10"
        spec:
          lines: ["2024", "1.10", "1e5", "1.5e3", "1_000", "0x1F", "0o17", "true", "no", "null"]
          cron: "0 2 * * *"
        """;
    List<PolicyDocument> documents = files.read(yaml);
    assertThat(files.apply(ALICE, documents, true, "AKIA")).hasSize(1);
    String exported = files.export(ALICE);
    assertThat(files.diff(ALICE, files.read(exported), true)).as(exported).isEmpty();
  }

  @Test
  void aNameThatYamlReadsAsANumberIsRefused() {
    assertThatThrownBy(() -> files.read("kind: Schedule\nname: 1.10\nspec: {}"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("Put it into quotes");
  }
}
