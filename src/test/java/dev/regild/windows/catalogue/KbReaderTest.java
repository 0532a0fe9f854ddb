package dev.regild.windows.catalogue;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.archive.ArchiveException;
import dev.regild.fixtures.WindowsPackages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Updates of forms that are rarer than those of {@link CatalogueIT}, in real cabinets. */
class KbReaderTest {
  private static final String WIN_PE = "Microsoft-Windows-WinPE-Package";
  private static final String SERVER = "Microsoft-Windows-ServerDatacenterEdition";

  @TempDir Path temporary;

  @Test
  void aSafeOsUpdateIsRefused() throws Exception {
    Path update = cabinet("a.cab", mum("Package_for_SafeOSDU", "amd64"));
    assertForRecovery(update, "Package_for_SafeOSDU");
  }

  @ParameterizedTest
  @ValueSource(strings = {WIN_PE, "WinPE-SRT-Package", "Microsoft-Windows-WinRE-Tools"})
  void anUpdateOfTheRecoveryEnvironmentAloneIsRefused(String parent) throws Exception {
    assertForRecovery(cabinet("a.cab", mum("Package_for_KB5034957", "amd64", parent)), parent);
  }

  @Test
  void anUpdateOfWindowsAndItsRecoveryEnvironmentIsTaken() throws Exception {
    Path update = cabinet("a.cab", mum("Package_for_RollupFix", "amd64", WIN_PE, SERVER));
    assertThat(read(update).builds()).containsExactly("20348");
  }

  @Test
  void whatComesBesideAnUpdateOfTheRecoveryEnvironmentDoesNotMakeItOne() throws Exception {
    Path safeOs = cabinet("SafeOS.cab", mum("Package_for_SafeOSDU", "amd64"));
    Path stack = cabinet("SSU-1.cab", mum("Package_for_ServicingStack_1", "amd64", SERVER));
    Path rollup = cabinet("z.cab", mum("Package_for_RollupFix", "amd64", SERVER));
    Path whole = temporary.resolve("whole.msu");
    assertThat(read(WindowsPackages.cabinet(whole, List.of(safeOs, stack, rollup))).name())
        .isEqualTo("Package_for_RollupFix");
    Path partial = temporary.resolve("partial.msu");
    assertForRecovery(
        WindowsPackages.cabinet(partial, List.of(stack, safeOs)), "Package_for_SafeOSDU");
  }

  @ParameterizedTest
  @CsvSource({
    "a-pkgProperties.txt, amd64, amd64",
    "a-pkgProperties_PSFX.txt, x64, amd64",
    "A-PKGPROPERTIES_psfx.TXT, ARM64, arm64"
  })
  void whatTheManifestLeavesOpenIsInTheProperties(String name, String said, String architecture)
      throws Exception {
    Path inner = cabinet("a.cab", mum("Package_for_RollupFix", "", SERVER));
    Path properties =
        Files.writeString(
            temporary.resolve(name),
            "KB Article Number=\"5035857\"\r\nProcessor Architecture=\"%s\"\r\n".formatted(said));
    Path msu = WindowsPackages.cabinet(temporary.resolve("a.msu"), List.of(inner, properties));
    assertThat(read(msu))
        .extracting(PackageFacts::kb, PackageFacts::architecture)
        .containsExactly("KB5035857", architecture);
  }

  @Test
  void theDescriptionOfAnUpdateMayNameCves() throws Exception {
    String said = "Fixes CVE-2026-10001 and CVE-2026-10002 (CVE-2026-10003 is not affected).";
    String mum = mum("Package_for_KB5000001", "amd64", SERVER);
    Path update =
        cabinet(
            "a.cab",
            mum.replace("<assembly xmlns", "<assembly description=\"" + said + "\" xmlns"));
    assertThat(read(update).words().cves()).containsExactly("CVE-2026-10001", "CVE-2026-10002");
    assertThat(read(cabinet("b.cab", mum)).words()).isEqualTo(SecurityWords.NONE);
  }

  private void assertForRecovery(Path update, String what) {
    assertThatThrownBy(() -> read(update))
        .as(what)
        .isInstanceOf(ArchiveException.class)
        .hasMessageContaining("which updates the recovery environment");
  }

  private PackageFacts read(Path file) throws Exception {
    return KbReader.read(file, Files.createTempDirectory(temporary, "work"));
  }

  private Path cabinet(String name, String mum) throws Exception {
    Path file =
        Files.writeString(
            Files.createTempDirectory(temporary, "mum").resolve(KbManifest.FILE), mum);
    return WindowsPackages.cabinet(temporary.resolve(name), List.of(file));
  }

  private static String mum(String name, String architecture, String... parents) {
    String each =
        Stream.of(parents)
            .map(parent ->
                "<parent><assemblyIdentity name=\"%s\" version=\"10.0.20348.1\"/></parent>"
                    .formatted(parent))
            .collect(joining());
    return """
    <?xml version="1.0" encoding="utf-8"?>
    <assembly xmlns="urn:schemas-microsoft-com:asm.v3">
      <assemblyIdentity name="%s" version="20348.2340.1.10" processorArchitecture="%s"/>
      <package identifier="" releaseType="Update">%s</package>
    </assembly>
    """
        .formatted(name, architecture, each);
  }
}
