package dev.regild.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.PackageSystems;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the distributions themselves write into /etc/os-release. */
class PlatformDetectionTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "DEBIAN_13; PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"|NAME=\"Debian"
            + " GNU/Linux\"|VERSION_ID=\"13\"|VERSION=\"13"
            + " (trixie)\"|VERSION_CODENAME=trixie|ID=debian",
        "UBUNTU_2204; PRETTY_NAME=\"Ubuntu 22.04.5"
            + " LTS\"|NAME=\"Ubuntu\"|VERSION_ID=\"22.04\"|VERSION=\"22.04.5 LTS (Jammy"
            + " Jellyfish)\"|VERSION_CODENAME=jammy|ID=ubuntu|ID_LIKE=debian",
        "UBUNTU_2604; PRETTY_NAME=\"Ubuntu 26.04"
            + " LTS\"|NAME=\"Ubuntu\"|VERSION_ID=\"26.04\"|VERSION_CODENAME=resolute|ID=ubuntu|ID_LIKE=debian",
        "RHEL9; NAME=\"Red Hat Enterprise Linux\"|VERSION=\"9.4"
            + " (Plow)\"|ID=\"rhel\"|ID_LIKE=\"fedora\"|VERSION_ID=\"9.4\"|PLATFORM_ID=\"platform:el9\"",
        "ROCKY_LINUX9; NAME=\"Rocky Linux\"|VERSION=\"9.4 (Blue Onyx)\"|ID=\"rocky\"|ID_LIKE=\"rhel"
            + " centos fedora\"|VERSION_ID=\"9.4\"",
        "ALMA_LINUX8; NAME=\"AlmaLinux\"|VERSION=\"8.10 (Cerulean"
            + " Leopard)\"|ID=\"almalinux\"|ID_LIKE=\"rhel centos fedora\"|VERSION_ID=\"8.10\"",
        "ALMA_LINUX9; NAME=\"AlmaLinux\"|VERSION=\"9.4 (Seafoam"
            + " Ocelot)\"|ID=\"almalinux\"|ID_LIKE=\"rhel centos fedora\"|VERSION_ID=\"9.4\"",
        "ORACLE_LINUX8; NAME=\"Oracle Linux"
            + " Server\"|VERSION=\"8.10\"|ID=\"ol\"|ID_LIKE=\"fedora\"|VERSION_ID=\"8.10\"",
        "ORACLE_LINUX9; NAME=\"Oracle Linux"
            + " Server\"|VERSION=\"9.4\"|ID=\"ol\"|ID_LIKE=\"fedora\"|VERSION_ID=\"9.4\"",
        "CENTOS_STREAM9; NAME=\"CentOS Stream\"|VERSION=\"9\"|ID=\"centos\"|ID_LIKE=\"rhel"
            + " fedora\"|VERSION_ID=\"9\"",
        "AMAZON_LINUX2023; NAME=\"Amazon"
            + " Linux\"|VERSION=\"2023\"|ID=\"amzn\"|ID_LIKE=\"fedora\"|VERSION_ID=\"2023\"|PLATFORM_ID=\"platform:al2023\""
      })
  void aSystemIsKnownByItsOwnOsRelease(String platform, String text) {
    Map<String, String> release = OsRelease.parse(text.replace('|', '\n'));
    assertThat(
            PackageSystems.installed().platforms().stream()
                .flatMap(type ->
                    type
                        .nameOf(
                            release.getOrDefault("ID", ""), release.getOrDefault("VERSION_ID", ""))
                        .stream()))
        .containsExactly(platform);
  }
}
