package dev.regild.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asks this machine's apt, with the sources and settings of others. */
class HostMirrorTest {
  @TempDir Path root;

  @Test
  void aMachineOfDebianUsesItsOwnMirrors() throws Exception {
    HostMirror mirror =
        mirror(
            """
            deb [trusted=yes] http://other.example/apt trixie main
            deb [trusted=yes] http://mirror.example/debian/ trixie main contrib
            deb [trusted=yes] http://security.example/any trixie-security main
            """);
    assertThat(mirror.archive()).isEqualTo("http://mirror.example/debian");
    assertThat(mirror.security()).isEqualTo("http://security.example/any");
    assertThat(mirror.options()).isEmpty();
  }

  @Test
  void aMachineOfUbuntuWithoutASourceOfDebianIsToldWhatToAdd() throws Exception {
    assertThatThrownBy(() ->
            mirror(
                """
                deb [trusted=yes] http://archive.example/ubuntu noble main universe
                deb [trusted=yes] http://security.example/ubuntu noble-security main
                """))
        .hasMessageContaining("no source of Debian's archive (component main); add one to");
    assertThatThrownBy(() ->
            mirror(
                """
                deb [trusted=yes] http://security.example/ubuntu noble-security main
                deb [trusted=yes] http://mirror.example/debian bookworm main
                """))
        .as("Ubuntu's security archive has a suite of the same form")
        .hasMessageContaining("no source of Debian's security updates");
  }

  @Test
  void theSettingsOfAptAreTakenOver() throws Exception {
    Files.writeString(
        Files.createDirectories(root.resolve("etc/apt/apt.conf.d")).resolve("90proxy"),
        "Acquire::http::Proxy \"http://proxy.example:3128/\";\n");
    HostMirror mirror =
        mirror(
            """
            deb [trusted=yes] http://archive.example/ubuntu noble main universe
            deb [trusted=yes] http://mirror.example/debian bookworm main
            deb [trusted=yes] http://mirror.example/debian-security bookworm-security main
            """);
    assertThat(mirror.archive()).isEqualTo("http://mirror.example/debian");
    assertThat(mirror.options())
        .containsExactly("Acquire::http::Proxy \"http://proxy.example:3128/\";");
  }

  private HostMirror mirror(String sources) throws Exception {
    Path apt = Files.createDirectories(root.resolve("etc/apt/apt.conf.d")).getParent();
    Files.writeString(apt.resolve("sources.list"), sources);
    Files.createDirectories(root.resolve("etc/apt/preferences.d"));
    Files.createDirectories(root.resolve("var/lib/apt/lists/partial"));
    Files.createDirectories(root.resolve("var/lib/dpkg"));
    Files.writeString(root.resolve("var/lib/dpkg/status"), "");
    Path first = Files.writeString(root.resolve("first.conf"), "Dir \"" + root + "\";\n");
    return HostMirror.find(Map.of("APT_CONFIG", first.toString()));
  }
}
