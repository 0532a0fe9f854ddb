package dev.regild.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.plan.PlatformType;
import dev.regild.windows.registry.WindowsPlatforms;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackageSystemsTest {
  private static final PackageSystems SYSTEMS = PackageSystems.installed();

  @Test
  void everyPlatformIsFoundByItsName() {
    for (PackageSystem system : SYSTEMS.all()) {
      for (PlatformType type : system.platforms()) {
        assertThat(SYSTEMS.of(type.example())).isEqualTo(system);
      }
    }
    assertThat(SYSTEMS.of("DEBIAN_13").name()).isEqualTo("apt");
  }

  @Test
  void aLinuxIsFoundByItsOsRelease() {
    assertThat(linux("debian", "12")).containsExactly("DEBIAN_12");
    assertThat(linux("debian", "")).isEmpty();
    assertThat(linux("debian", "12-lab")).isEmpty();
    assertThat(linux("ubuntu", "24.04")).containsExactly("UBUNTU_PRO_2404");
    assertThat(linux("ubuntu", "20.04")).isEmpty();
    assertThat(linux("amzn", "2")).containsExactly("AMAZON_LINUX2");
    assertThat(linux("amzn", "2018.03")).isEmpty();
    assertThat(linux("rhel", "8.10")).containsExactly("RHEL8");
    assertThat(linux("rhel", "10.0")).isEmpty();
    assertThat(linux("rocky", "8")).containsExactly("ROCKY_LINUX8");
    assertThat(linux("rocky", "80")).isEmpty();
    assertThat(linux("centos", "8")).isEmpty();
  }

  private static List<String> linux(String id, String version) {
    return SYSTEMS.platforms().stream().flatMap(type -> type.nameOf(id, version).stream()).toList();
  }

  @Test
  void aWindowsIsFoundByItsBuild() {
    assertThat(WindowsPlatforms.of(true, 26100)).contains(WindowsPlatforms.SERVER_2025);
    assertThat(WindowsPlatforms.of(true, 25398)).isEmpty();
    assertThat(WindowsPlatforms.of(false, 26100)).contains(WindowsPlatforms.CLIENT);
    assertThat(WindowsPlatforms.of(false, 9600)).isEmpty();
    assertThat(WindowsPlatforms.serverBuilds()).isEqualTo("14393, 17763, 20348, 26100");
  }

  @Test
  void whatIsNoPlatformIsNamed() {
    assertThat(SYSTEMS.find("DEBIAN")).isEmpty();
    assertThatThrownBy(() -> SYSTEMS.of("SOLARIS"))
        .hasMessageContaining("'SOLARIS'")
        .hasMessageContaining("DEBIAN_12, UBUNTU_PRO_2404")
        .hasMessageContaining("WINDOWS_SERVER_2025");
  }
}
