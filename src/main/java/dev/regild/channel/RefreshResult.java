package dev.regild.channel;

import java.util.List;

/** What a refresh of a channel came to. */
public sealed interface RefreshResult {
  /** The digest of the snapshot that is now current. */
  String digest();

  /** What the operator should know of the repositories, though the refresh was good. */
  List<String> notices();

  /** The repositories are as they were. */
  record Unchanged(String digest, List<String> notices) implements RefreshResult {}

  /**
   * A new snapshot is current.
   *
   * @param packages entries in all its indexes
   * @param downloadedFiles files that were not in the snapshot before
   * @param downloadedBytes as they came over the network
   */
  record NewSnapshot(
      String digest, int packages, int downloadedFiles, long downloadedBytes, List<String> notices)
      implements RefreshResult {}
}
