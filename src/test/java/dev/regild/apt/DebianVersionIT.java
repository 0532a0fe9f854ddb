package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import org.junit.jupiter.api.Test;

/** The same question as in {@link DebianVersionTest}, five thousand times: a minute of forks. */
class DebianVersionIT {
  @Test
  void fiveThousandPairsCompareAsDpkgSays() throws Exception {
    HostTools.assumeInstalled("dpkg");
    assertThat(DebianVersionTest.differingFromDpkg(DebianVersionTest.pairs(5000))).isEmpty();
  }
}
