package dev.regild.windows.winget;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Manifests that somebody has got wrong. */
class WingetManifestsTest {
  @TempDir Path directory;

  @Test
  void anEmptyInstallerIsPassedOver() throws Exception {
    Files.writeString(
        directory.resolve("agent.yaml"),
        """
        PackageIdentifier: Example.Agent
        PackageVersion: 1.10
        InstallerType: msi
        Installers:
        -
        - Architecture: x64
          InstallerUrl: https://example.org/agent.msi
          InstallerSha256: %s
        ManifestType: installer
        """
            .formatted("a".repeat(64)));

    assertThat(new WingetManifests(directory).newest("Example.Agent", "amd64"))
        .hasValueSatisfying(each -> assertThat(each.version().text()).isEqualTo("1.10"));
  }

  /** The same directory is read for each package. */
  @Test
  void manyMalformedManifestsMakeFewNotices() throws Exception {
    for (int i = 0; i < 50; i++) {
      Files.writeString(directory.resolve(i + ".yaml"), "a: [");
    }
    WingetManifests manifests = new WingetManifests(directory);

    assertThat(manifests.newest("Example.Agent", "amd64")).isEmpty();
    assertThat(manifests.newest("Example.Other", "amd64")).isEmpty();

    assertThat(manifests.unreadable())
        .hasSize(21)
        .last()
        .asString()
        .isEqualTo("30 more manifests in %s can't be read", directory);
  }
}
