package dev.regild.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class BuildTest {
  private static final Optional<String> COMMIT = Optional.of("1a2b3c4d5e6f");
  private static final Optional<String> TIME = Optional.of("2026-11-30T18:46:09Z");

  @Test
  void versionAndCommitAreToldToPeopleAndInTheHeader() {
    Build build = new Build("0.1.0", COMMIT, TIME);
    assertThat(build.text()).isEqualTo("0.1.0 (commit 1a2b3c4d5e6f of 2026-11-30T18:46:09Z)");
    assertThat(build.server()).isEqualTo("Regild/0.1.0 (1a2b3c4d5e6f)");
  }

  @Test
  void aBuildThatDoesNotKnowItsCommitTellsItsVersion() {
    Build build = new Build("0.1.0", Optional.empty(), Optional.empty());
    assertThat(build.text()).isEqualTo("0.1.0");
    assertThat(build.server()).isEqualTo("Regild/0.1.0");
  }

  /** A header's product has no blanks in its version (RFC 9110, section 10.1.5). */
  @Test
  void aProgramThatRunsFromItsSourcesHasNoVersionInTheHeader() {
    assertThat(new Build("of a source tree", COMMIT, TIME).server())
        .isEqualTo("Regild (1a2b3c4d5e6f)");
  }
}
