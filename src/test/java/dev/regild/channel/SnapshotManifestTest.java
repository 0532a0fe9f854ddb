package dev.regild.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotManifestTest {
  @Test
  void aCatalogueForAnotherArchitectureIsAnotherSnapshot() {
    SnapshotManifest.ListFile records =
        new SnapshotManifest.ListFile(
            Catalogue.RECORDS, SnapshotManifest.Kind.CATALOGUE, "0".repeat(64), "", 0);
    assertThat(digest("amd64", records)).isNotEqualTo(digest("arm64", records));
    assertThat(digest("amd64", records)).isEqualTo(digest("amd64", records));
  }

  private static String digest(String architecture, SnapshotManifest.ListFile file) {
    return SnapshotManifest.of(Instant.EPOCH, architecture, List.of(file)).digest();
  }
}
