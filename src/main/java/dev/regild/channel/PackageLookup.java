package dev.regild.channel;

import dev.regild.fetch.PackageFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds package files in the indexes of a snapshot.
 *
 * @param directory the snapshot's
 * @param indexes of packages
 * @param reader of one index
 */
public record PackageLookup(
    Path directory, List<SnapshotManifest.ListFile> indexes, IndexReader reader) {
  public PackageLookup {
    indexes = List.copyOf(indexes);
  }

  /** Finds package files in one index. */
  public interface IndexReader {
    /**
     * Adds what the index has.
     *
     * @param wanted {@linkplain RepositoryUri#comparable comparable} URIs
     * @param found by comparable URI
     */
    void find(
        InputStream in,
        SnapshotManifest.ListFile index,
        Set<String> wanted,
        Map<String, PackageFile> found)
        throws IOException, ChannelException;
  }

  /** Looks at one index. */
  public interface Visitor {
    void visit(InputStream in, SnapshotManifest.ListFile index)
        throws IOException, ChannelException;
  }

  /** Looks at each index of a snapshot. */
  public static void visit(Path directory, List<SnapshotManifest.ListFile> indexes, Visitor visitor)
      throws ChannelException {
    try {
      for (SnapshotManifest.ListFile index : indexes) {
        try (InputStream in = Files.newInputStream(directory.resolve(index.name()))) {
          visitor.visit(in, index);
        }
      }
    } catch (IOException e) {
      throw new ChannelException(
          "the snapshot in " + directory + " can't be read (" + e + "); refresh its channel", e);
    }
  }

  /**
   * Returns what the indexes say about each URI.
   *
   * @throws ChannelException if one of them is in none
   */
  public Map<String, PackageFile> find(Set<String> uris) throws ChannelException {
    Set<String> wanted = uris.stream().map(RepositoryUri::comparable).collect(Collectors.toSet());
    Map<String, PackageFile> found = new HashMap<>();
    visit(directory, indexes, (in, index) -> reader.find(in, index, wanted, found));
    Map<String, PackageFile> result = new LinkedHashMap<>();
    for (String uri : uris) {
      PackageFile file = found.get(RepositoryUri.comparable(uri));
      if (file == null) {
        throw new ChannelException(
            "the guest asked for "
                + uri
                + ", which snapshot "
                + directory.getFileName()
                + " does not hold; check the image's own package manager's configuration");
      }
      result.put(uri, file);
    }
    return result;
  }
}
