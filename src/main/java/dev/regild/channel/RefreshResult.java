package dev.regild.channel;

/** What a refresh of a channel came to. */
public sealed interface RefreshResult {
  /** The digest of the snapshot that is now current. */
  String digest();

  /** The repositories are as they were. */
  record Unchanged(String digest) implements RefreshResult {}

  /**
   * A new snapshot is current.
   *
   * @param packages entries in all its indexes
   * @param downloadedFiles files that were not in the snapshot before
   * @param downloadedBytes as they came over the network
   */
  record NewSnapshot(String digest, int packages, int downloadedFiles, long downloadedBytes)
      implements RefreshResult {}
}
