package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.HostTools;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** What the real dpkg says of packages in each state. */
class DpkgAuditTest {
  @TempDir Path admin;

  static boolean hasDpkg() {
    return HostTools.areInstalled("dpkg");
  }

  @Test
  @EnabledIf("hasDpkg")
  void aMissingMd5sumsFileIsNoHalfInstallation() throws Exception {
    // None of the installed ones has any control file but its list, as in slimmed images.
    assertThat(audit("slim", "install ok installed")).isNotBlank();
    assertThat(DpkgAudit.unfinished(audit("slim", "install ok installed"))).isEmpty();
  }

  @Test
  @EnabledIf("hasDpkg")
  void whatIsNotWholeIsNamedWithItsState() throws Exception {
    for (String state : new String[] {"half-installed", "unpacked", "half-configured"}) {
      assertThat(DpkgAudit.unfinished(audit("broken", "install ok " + state)))
          .as(state)
          .singleElement()
          .asString()
          .startsWith("broken: The following packages ");
    }
    assertThat(DpkgAudit.unfinished(audit("mess", "install reinstreq half-installed")))
        .anyMatch(line -> line.startsWith("mess: The following packages are in a mess"));
  }

  private String audit(String name, String status) throws Exception {
    Files.createDirectories(admin.resolve("info"));
    Files.createDirectories(admin.resolve("updates"));
    Files.writeString(admin.resolve("info").resolve(name + ".list"), "/.\n");
    Files.writeString(
        admin.resolve("status"),
        """
        Package: %s
        Status: %s
        Priority: optional
        Section: misc
        Installed-Size: 1
        Maintainer: A <a@example.org>
        Architecture: amd64
        Version: 1.0
        Description: test

        """
            .formatted(name, status));
    Process dpkg = new ProcessBuilder("dpkg", "--admindir=" + admin, "--audit").start();
    String said = new String(dpkg.getInputStream().readAllBytes(), UTF_8);
    dpkg.waitFor();
    return said;
  }
}
