package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.fixtures.WindowsPackages;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InfFileTest {
  private static final String TEXT =
      WindowsPackages.infText("netkvm", "06/21/2024,31.0.15.5161", "pci\\ven_1af4&dev_1041");

  @Test
  void readsForWhatItIsAndOfWhen() throws Exception {
    InfFile inf = InfFile.parse(TEXT.getBytes(UTF_8));
    assertThat(inf.date()).isEqualTo("2024-06-21");
    assertThat(inf.version()).isEqualTo("31.0.15.5161");
    assertThat(inf.hardwareIds()).containsOnlyKeys("amd64");
    assertThat(inf.hardwareIds().get("amd64")).containsExactly("PCI\\VEN_1AF4&DEV_1041");
  }

  @Test
  void readsUtf16TheSame() throws Exception {
    assertThat(InfFile.parse(WindowsPackages.utf16(TEXT)))
        .isEqualTo(InfFile.parse(TEXT.getBytes(UTF_8)));
  }

  @Test
  void readsSeveralArchitecturesContinuationsQuotesAndCompatibleIds() throws Exception {
    String text =
        """
        [Version]
        DriverVer=1/2/2023,1.2 ; three is not said
        Provider="Quoted; ""Maker"", Inc."
        [Manufacturer]
        %M%=Mod,NTamd64,\\
          NTarm64.10.0
        [Mod]
        "Old" = I, X\\OLD
        [Mod.NTamd64]
        "New" = I, X\\A, X\\B
        [MOD.NTARM64.10.0]
        "New" = I,,X\\C
        [Strings]
        M = "Maker"
        """;
    InfFile inf = InfFile.parse(text.getBytes(UTF_8));
    assertThat(inf.date()).isEqualTo("2023-01-02");
    assertThat(inf.hardwareIds().get("x86")).isEqualTo(Set.of("X\\OLD"));
    assertThat(inf.hardwareIds().get("amd64")).isEqualTo(Set.of("X\\A", "X\\B"));
    assertThat(inf.hardwareIds().get("arm64")).isEqualTo(Set.of("X\\C"));
  }

  @Test
  void refusesOneWithoutADate() {
    assertThatThrownBy(() -> InfFile.parse("[Version]\nDriverVer=soon".getBytes(UTF_8)))
        .hasMessageContaining("DriverVer");
    assertThatThrownBy(() -> InfFile.parse(new byte[0])).hasMessageContaining("DriverVer");
    assertThatThrownBy(() -> InfFile.parse("[Version]\nDriverVer=1/2/2023,x".getBytes(UTF_8)))
        .hasMessageContaining("'x'");
  }
}
