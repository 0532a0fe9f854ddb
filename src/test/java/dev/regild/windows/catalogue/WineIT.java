package dev.regild.windows.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.machine.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** What Wine's Windows Installer and wusa make of a package is what we read of it. */
@EnabledIf("canRun")
class WineIT {
  private static final String CODE = "{12345678-9ABC-DEF0-1234-56789ABCDEF0}";
  private static final String UNINSTALL =
      "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall";

  @TempDir Path temporary;

  static boolean canRun() {
    return WindowsPackages.canBeMade() && HostTools.areInstalled("wine", "wineserver");
  }

  @Test
  void anInstalledAgentIsListedAsItsPackageWasRead() throws Exception {
    Path files = Files.createDirectory(temporary.resolve("files"));
    Path older = WindowsPackages.agentMsi(files, "Example Agent", "2.3.0", CODE);
    PackageFacts facts = MsiReader.read(older);
    Files.createDirectory(temporary.resolve("prefix"));
    try {
      wine("wineboot", "-i");
      wine("msiexec", "/qn", "/i", windows(older));
      String listed = wine("reg", "query", UNINSTALL, "/s");
      assertThat(listed)
          .containsPattern("DisplayName\\s+REG_SZ\\s+" + facts.name() + "\\s")
          .containsPattern("DisplayVersion\\s+REG_SZ\\s+" + facts.version() + "\\s");
      String codes =
          wine(
              "reg",
              "query",
              "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion" + "\\Installer\\UpgradeCodes",
              "/s");
      assertThat(codes).contains(packed(facts.upgradeCode()));
    } finally {
      stopWine();
    }
  }

  @Test
  void anInstalledUpdateIsTheOneThatWasRead() throws Exception {
    Path msu = WindowsPackages.cumulative(temporary, "KB5035857", "20348.2340");
    PackageFacts facts = KbReader.read(msu, Files.createDirectory(temporary.resolve("parts")));
    Files.createDirectory(temporary.resolve("prefix"));
    try {
      wine("wineboot", "-i");
      Program wusa =
          Program.of("sh", "-c", "exec wine wusa \"$0\" /quiet 2>&1", windows(msu))
              .with("WINEPREFIX", prefix())
              .with("WINEDEBUG", "+wusa");
      assertThat(wusa.run())
          .contains("Found update L\"" + facts.name() + "\"")
          .contains("Installation of L\"" + facts.name() + "\" finished")
          .contains("Installation finished");
    } finally {
      stopWine();
    }
  }

  /** Its exit status is 1 if nothing runs any more. */
  private void stopWine() throws Exception {
    Program.of("sh", "-c", "wineserver -k; wineserver -w").with("WINEPREFIX", prefix()).run();
  }

  private static String windows(Path file) {
    return "Z:" + file.toString().replace('/', '\\');
  }

  /** A GUID as Windows Installer's registry keys have it, the digits of each part turned round. */
  private static String packed(String guid) {
    List<String> parts = List.of(guid.substring(1, guid.length() - 1).split("-", -1));
    StringBuilder packed = new StringBuilder();
    parts.subList(0, 3).forEach(part -> packed.append(new StringBuilder(part).reverse()));
    String rest = parts.get(3) + parts.get(4);
    for (int i = 0; i < rest.length(); i += 2) {
      packed.append(rest.charAt(i + 1)).append(rest.charAt(i));
    }
    return packed.toString();
  }

  private String prefix() {
    return temporary.resolve("prefix").toString();
  }

  private String wine(String... command) throws Exception {
    List<String> all = new java.util.ArrayList<>(List.of("wine"));
    all.addAll(List.of(command));
    return Program.of(all)
        .within(Duration.ofMinutes(5))
        .with("WINEPREFIX", prefix())
        .with("WINEDEBUG", "-all")
        .run();
  }
}
