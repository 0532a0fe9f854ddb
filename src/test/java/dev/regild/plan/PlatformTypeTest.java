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
  void whatIsNoPlatformIsNamed() {
    assertThat(PlatformType.find("DEBIAN")).isEmpty();
    assertThatThrownBy(() -> PlatformType.of("SOLARIS"))
        .hasMessageContaining("'SOLARIS'")
        .hasMessageContaining("DEBIAN_12, UBUNTU_PRO_2404")
        .hasMessageContaining("WINDOWS_SERVER_2025");
  }
}
