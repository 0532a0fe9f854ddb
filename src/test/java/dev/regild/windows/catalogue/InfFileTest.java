package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.archive.ArchiveException;
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
  void refusesStringsThatGrowWithoutEnd() {
    String version = "[Version]\nDriverVer=1/2/2023,1.2\n";
    String string = "[Strings]\na=\"" + "x".repeat(4000) + "\"\n";
    assertTooLong(version + string + "[Manufacturer]\nm=%a%%a%\n");
    assertTooLong(version + string + "[Manufacturer]\nm=" + "%a%,".repeat(16_000) + "\n");
    String models = "[M.NTamd64]\n" + "d=i,x\n".repeat(10_000);
    assertTooLong(version + models + "[Manufacturer]\n" + "m=M,NTamd64\n".repeat(10_000));
  }

  /** Both were put together anew for each line before. */
  @Test
  void refusesLinesWithoutEnd() {
    assertThatThrownBy(() -> InfFile.parse("a\\\n".repeat(100_000).getBytes(UTF_8)))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("a line of more than 65536 characters");
    assertThatThrownBy(() -> InfFile.parse("a".repeat(70_000).getBytes(UTF_8)))
        .hasMessageContaining("a line of more than 65536 characters");
  }

  private static void assertTooLong(String text) {
    assertThatThrownBy(() -> InfFile.parse(text.getBytes(UTF_8)))
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("its strings are too long");
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
