package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.inventory.GuestFiles;
import dev.regild.plan.Pin;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** apt's preferences, where none of the guest's programs can be run. */
class AptPolicyTest {
  private final Map<String, String> files = new TreeMap<>(Map.of("/usr/bin/apt-config", ""));

  @Test
  void preferencesAreTakenFromTheFilesThatAptTakesInItsOrder() throws Exception {
    files.put("/etc/apt/apt.conf.d/01autoremove", "APT { NeverAutoRemove { \"^linux\"; }; };\n");
    List<String> names =
        List.of(
            "b.pref", "a", "z.y.pref", "old.bak", "odd~", ".hidden", "spa ce", "c.pref.dpkg-old");
    names.forEach(name ->
        files.put(
            "/etc/apt/preferences.d/" + name,
            "Package: %s\nPin: version 1\nPin-Priority: 1001".formatted(name)));
    files.put("/etc/apt/preferences", "Package: first\nPin: version 1\nPin-Priority: 1001\n");
    assertThat(AptPolicy.read(new Files()).pins())
        .extracting(Pin::packages)
        .containsExactly("first", "a", "b.pref", "z.y.pref");
  }

  @Test
  void settingsThatOnlyAptUnderstandsAreLeftToIt() throws Exception {
    for (String setting :
        List.of(
            "APT::Default-Release \"testing\";",
            "apt { default-release \"testing\"; }",
            "Dir::Etc::Parts \"/elsewhere\";",
            "Dir { Etc \"elsewhere\"; }",
            "#include \"/elsewhere\"",
            "#clear APT::Default-Release;")) {
      files.put("/etc/apt/apt.conf", setting);
      assertThatThrownBy(() -> AptPolicy.read(new Files()))
          .as(setting)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("only apt");
    }
  }

  /** Each may have a mebibyte: a directory of them would take all of the server's memory. */
  @Test
  void preferencesAreBoundedTogether() throws Exception {
    String comments = "# a comment\n".repeat(75_000);
    for (int i = 1; i <= 4; i++) {
      files.put("/etc/apt/preferences.d/" + i, comments);
    }
    assertThat(AptPolicy.read(new Files()).pins()).isEmpty();
    files.put("/etc/apt/preferences.d/5", comments);
    assertThatThrownBy(() -> AptPolicy.read(new Files()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/etc/apt/preferences.d smaller");
  }

  private final class Files implements GuestFiles {
    @Override
    public byte[] read(String path) {
      return files.getOrDefault(path, "").getBytes(UTF_8);
    }

    @Override
    public boolean exists(String path) {
      return files.containsKey(path);
    }

    @Override
    public boolean runsPrograms() {
      return false;
    }

    @Override
    public List<String> names(String directory) {
      return files.keySet().stream()
          .filter(path -> path.lastIndexOf('/') == directory.length() && path.startsWith(directory))
          .map(path -> path.substring(directory.length() + 1))
          .toList();
    }

    @Override
    public String run(String... command) {
      throw new AssertionError("nothing is run");
    }
  }
}
