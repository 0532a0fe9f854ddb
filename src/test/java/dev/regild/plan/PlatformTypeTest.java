package dev.regild.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PlatformTypeTest {
  @Test
  void eachIsFoundByTheNameThatIsShownForIt() {
    for (PlatformType type : PlatformType.values()) {
      assertThat(PlatformType.of(type.example())).isEqualTo(type);
    }
    assertThat(PlatformType.find("DEBIAN_13")).contains(PlatformType.DEBIAN);
  }

  @Test
  void whatALinuxSaysOfItselfLeadsToItsPlatform() {
    assertThat(PlatformType.ofLinux("debian", "12")).contains("DEBIAN_12");
    assertThat(PlatformType.ofLinux("debian", "")).isEmpty();
    assertThat(PlatformType.ofLinux("debian", "12-lab")).isEmpty();
    assertThat(PlatformType.ofLinux("ubuntu", "24.04")).contains("UBUNTU_PRO_2404");
    assertThat(PlatformType.ofLinux("ubuntu", "22.04")).isEmpty();
    assertThat(PlatformType.ofLinux("amzn", "2")).contains("AMAZON_LINUX2");
    assertThat(PlatformType.ofLinux("amzn", "2023")).isEmpty();
    assertThat(PlatformType.ofLinux("rhel", "8.10")).contains("RHEL8");
    assertThat(PlatformType.ofLinux("rhel", "9.4")).isEmpty();
    assertThat(PlatformType.ofLinux("rocky", "8")).contains("ROCKY_LINUX8");
    assertThat(PlatformType.ofLinux("rocky", "80")).isEmpty();
  }

  @Test
  void aWindowsIsKnownByItsBuild() {
    assertThat(PlatformType.ofWindows(true, 26100)).contains(PlatformType.WINDOWS_SERVER_2025);
    assertThat(PlatformType.ofWindows(true, 25398)).isEmpty();
    assertThat(PlatformType.ofWindows(false, 26100)).contains(PlatformType.WINDOWS);
    assertThat(PlatformType.ofWindows(false, 9600)).isEmpty();
    assertThat(PlatformType.serverBuilds()).isEqualTo("14393, 17763, 20348, 26100");
  }

  @Test
  void whatIsNoPlatformIsNamed() {
    assertThat(PlatformType.find("DEBIAN")).isEmpty();
    assertThatThrownBy(() -> PlatformType.of("SOLARIS"))
        .hasMessageContaining("'SOLARIS'")
        .hasMessageContaining("DEBIAN_12, UBUNTU_PRO_2404")
        .hasMessageContaining("WINDOWS_SERVER_2025");
  }
}
