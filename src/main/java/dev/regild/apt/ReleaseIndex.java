package dev.regild.apt;

import dev.regild.channel.IndexFetch;
import dev.regild.channel.SnapshotManifest;
import dev.regild.fetch.Route;
import dev.regild.files.Compression;
import dev.regild.files.FileDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The indexes that a Release file names. */
final class ReleaseIndex {
  private ReleaseIndex() {}

  /**
   * An index of packages, if a Release file vouches for it in any form.
   *
   * @param path below the suite, uncompressed: {@code main/binary-amd64/Packages}
   */
  static Optional<IndexFetch> of(
      SuiteLocation location, ReleaseFile release, String path, Route route) {
    List<IndexFetch.Variant> variants = new ArrayList<>();
    for (Compression each : Compression.values()) {
      FileDigest packed = release.indexes().get(path + each.suffix());
      if (packed != null) {
        variants.add(variant(location, release, path + each.suffix(), each, packed));
      }
    }
    if (variants.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new IndexFetch(
            location.listFile(path),
            release.isSecurity() ? AptFiles.SECURITY_PACKAGES : SnapshotManifest.Kind.PACKAGES,
            variants,
            Optional.ofNullable(release.indexes().get(path)),
            location.uri(),
            release.priority(),
            false,
            route));
  }

  private static IndexFetch.Variant variant(
      SuiteLocation location,
      ReleaseFile release,
      String path,
      Compression compression,
      FileDigest packed) {
    String plain = location.uriOf(path);
    List<String> uris = new ArrayList<>();
    if (release.acquireByHash()) {
      // Some mirrors promise by-hash but leave it out; the plain name holds the same content.
      uris.add(
          plain.substring(0, plain.lastIndexOf('/'))
              + "/by-hash/"
              + packed.algorithm().directory()
              + "/"
              + packed.hash());
    }
    uris.add(plain);
    return new IndexFetch.Variant(compression, uris, packed);
  }
}
