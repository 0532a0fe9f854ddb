package dev.regild.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The same question as in {@link DebianVersionTest}, five thousand times: a minute of forks. */
class DebianVersionIT {
  @Test
  void fiveThousandPairsCompareAsDpkgSays() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/dpkg")), "dpkg is not installed: nothing to ask");
    assertThat(DebianVersionTest.differingFromDpkg(DebianVersionTest.pairs(5000))).isEmpty();
  }
}
