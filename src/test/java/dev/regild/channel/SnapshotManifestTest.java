package dev.regild.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.windows.catalogue.CatalogueSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotManifestTest {
  @TempDir Path directory;

  @Test
  void aCatalogueForAnotherArchitectureIsAnotherSnapshot() throws Exception {
    ChannelStore channels = new ChannelStore(directory.resolve("data"), Clock.systemUTC());
    assertThat(digest(channels, "one", "amd64")).isNotEqualTo(digest(channels, "two", "arm64"));
    assertThat(digest(channels, "three", "amd64")).isEqualTo(digest(channels, "four", "amd64"));
  }

  private static String digest(ChannelStore channels, String name, String architecture)
      throws Exception {
    channels.add(new Channel(name, "WINDOWS", List.of(new CatalogueSource(architecture))));
    return channels.refresh(name).digest();
  }

  /** As it was written before there were routes, notices, hotfixes and promises. */
  @Test
  void anOldManifestIsReadAndItsDigestIsStillThatOfItsFiles() throws Exception {
    Files.writeString(
        directory.resolve(SnapshotManifest.FILE),
        """
        {
          "digest" : "d14198c4046217773c29c0ce9b5c8334f4ec3eb858081d48f0407636d9750413",
          "createdAt" : "2026-11-01T00:00:00Z",
          "architecture" : "amd64",
          "files" : [ {
            "name" : "sources.list",
            "kind" : "SOURCES",
            "sha256" : "1111111111111111111111111111111111111111111111111111111111111111",
            "repository" : "",
            "priority" : 0
          }, {
            "name" : "x_dists_stable_main_binary-amd64_Packages",
            "kind" : "PACKAGES",
            "sha256" : "0000000000000000000000000000000000000000000000000000000000000000",
            "repository" : "http://x",
            "priority" : 500
          } ],
          "mirrors" : { }
        }
        """);
    SnapshotManifest manifest = SnapshotManifest.read(directory);
    assertThat(manifest.routes()).isEmpty();
    assertThat(manifest.notices()).isEmpty();
    assertThat(PackageSystems.installed().of(manifest).name()).isEqualTo("apt");
    assertThat(manifest.files()).hasSize(2).noneMatch(SnapshotManifest.ListFile::hotfixes);
    assertThat(SnapshotManifest.of(manifest.createdAt(), "amd64", manifest.files()).digest())
        .isEqualTo(manifest.digest());
  }
}
