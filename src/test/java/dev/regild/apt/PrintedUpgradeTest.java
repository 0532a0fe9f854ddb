package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.servicing.Transaction.Install;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What apt-get 2.6 printed when it was asked by hand. */
class PrintedUpgradeTest {
  private static final String PRINTED =
      """
      Reading package lists...
      Calculating upgrade...
      The following packages have been kept back:
         held (1 => 2)
      The following NEW packages will be installed:
         apparmor (3.0.8-3)
      The following packages will be upgraded:
         apt (2.6.1 => 2.6.2)
         libc6:i386 (2.36-9+deb12u13 => 2.36-9+deb12u14)
      2 upgraded, 1 newly installed, 0 to remove and 1 not upgraded.
      Need to get 45.5 MB/45.5 MB of archives.
      'http://mirror.example/pool/a.deb' a.deb 1612
      """;

  @Test
  void whatIsNewAndWhatIsUpgradedIsRead() {
    assertThat(PrintedUpgrade.read(PRINTED).orElseThrow())
        .containsExactly(
            new Install("apparmor", "", "3.0.8-3"),
            new Install("apt", "2.6.1", "2.6.2"),
            new Install("libc6:i386", "2.36-9+deb12u13", "2.36-9+deb12u14"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3 upgraded, 1 newly installed, 0 to remove and 1 not upgraded.",
        "2 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.",
        "2 upgraded, 1 newly installed, 1 to remove and 1 not upgraded.",
        "2 upgraded, 1 newly installed, 1 downgraded, 0 to remove and 1 not upgraded.",
        "2 upgraded, 1 newly installed, 1 reinstalled, 0 to remove and 1 not upgraded.",
        "Summary:"
      })
  void whereMoreIsToBeDoneOrTheCountIsAnotherASimulationHasToTell(String summary) {
    String other =
        PRINTED.replace("2 upgraded, 1 newly installed, 0 to remove and 1 not upgraded.", summary);
    assertThat(PrintedUpgrade.read(other)).isEmpty();
  }
}
