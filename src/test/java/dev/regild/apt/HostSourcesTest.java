package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.ChannelException;
import dev.regild.machine.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostSourcesTest {
  private static final String ARCHIVE = "/usr/share/keyrings/debian-archive-keyring.gpg";

  @TempDir Path root;

  @Test
  void bothFormsAreReadAndThirdPartiesLeftOut() throws Exception {
    write("usr/share/keyrings/debian-archive-keyring.gpg", "");
    write(
        "etc/apt/sources.list",
        """
        # a comment
        deb http://mirror.example/debian/ bookworm main contrib # our mirror
        deb-src http://mirror.example/debian bookworm main
        deb [arch=amd64 signed-by=/usr/share/keyrings/agent.gpg] https://agent.example/apt bookworm main
        deb https://other.example/apt anything main
        """);
    write(
        "etc/apt/sources.list.d/debian.sources",
        """
        Types: deb deb-src
        URIs: mirror+file:///etc/apt/mirrors/security.list
        Suites: bookworm-security
        Components: main
        Architectures: amd64 i386
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        Enabled: no
        Types: deb
        URIs: http://mirror.example/debian
        Suites: bookworm-updates
        Components: main
        """);
    write("etc/apt/mirrors/security.list", "# first\nhttp://security.example/debian-security\n");
    HostSources.Found found = new HostSources(root, aptConfig()).forPlatform("DEBIAN_12");
    assertThat(found.sources())
        .containsExactly(
            source(
                "http://mirror.example/debian",
                "bookworm",
                "main,contrib",
                AptSource.hostArchitecture()),
            source(
                "http://security.example/debian-security",
                "bookworm-security",
                "main",
                "amd64,i386"));
    assertThat(found.leftOut())
        .hasSize(3)
        .anyMatch(line -> line.contains("sources.list:4") && line.contains("not Debian's own"))
        .anyMatch(line -> line.contains("sources.list:5") && line.contains("suite anything"))
        .anyMatch(line -> line.contains("disabled"));
  }

  @Test
  void anArmoredKeyInAnEntryIsTakenWhole() throws Exception {
    write(
        "etc/apt/sources.list.d/a.sources",
        """
        Types: deb
        URIs: http://mirror.example/debian
        Suites: bookworm
        Components: main
        Signed-By:
         -----BEGIN PGP PUBLIC KEY BLOCK-----
         .
         mDMEY865UxYJ
         -----END PGP PUBLIC KEY BLOCK-----
        """);
    assertThat(
            new HostSources(root, aptConfig())
                .forPlatform("DEBIAN_12")
                .sources()
                .getFirst()
                .signedBy())
        .isEqualTo(
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEY865UxYJ\n-----END PGP PUBLIC KEY BLOCK-----");
  }

  @Test
  void aMachineWithoutThePlatformsSuitesIsRefused() throws Exception {
    write("etc/apt/sources.list", "deb http://mirror.example/debian sid main\n");
    assertThatThrownBy(() -> new HostSources(root, aptConfig()).forPlatform("DEBIAN_12"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("no repository with the suite bookworm");
    assertThatThrownBy(() -> new HostSources(root, aptConfig()).forPlatform("WINDOWS_SERVER_2022"))
        .hasMessageContaining("cannot be used for WINDOWS_SERVER_2022");
  }

  private static AptSource source(
      String uri, String suite, String components, String architectures) {
    return new AptSource(
        List.of(uri),
        List.of(suite),
        List.of(components.split(",", -1)),
        List.of(architectures.split(",", -1)),
        ARCHIVE);
  }

  /** apt itself, which reads the files below the root. */
  private Program aptConfig() throws IOException {
    Path first = Files.writeString(root.resolve("first.conf"), "Dir \"" + root + "\";\n");
    return Program.of("apt-config", "dump").with("APT_CONFIG", first.toString());
  }

  @Test
  void theProxiesOfAptAndItsDatesThatDoNotCountAreTakenOver() throws Exception {
    write(
        "etc/apt/apt.conf.d/90proxy",
        """
        Acquire::http::Proxy "http://user:s3cret@proxy.example:3128/";
        Acquire { http { Proxy { direct.example "DIRECT"; }; }; };
        """);
    write(
        "etc/apt/sources.list",
        """
        deb [check-valid-until=no] http://a.example/debian bookworm main
        deb http://direct.example/debian bookworm main
        deb https://secure.example/debian bookworm main
        """);
    HostSources.Found found = new HostSources(root, aptConfig()).forPlatform("DEBIAN_12");
    assertThat(found.sources())
        .extracting(source -> source.route().proxy() + " " + source.checkValidUntil())
        .containsExactly(
            "http://proxy.example:3128 false", "none true", "http://proxy.example:3128 true");
    assertThat(found.leftOut())
        .hasSize(2)
        .allMatch(line -> line.contains("machine http://proxy.example:3128 login USER"))
        .noneMatch(line -> line.contains("s3cret"));
  }

  private void write(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}
