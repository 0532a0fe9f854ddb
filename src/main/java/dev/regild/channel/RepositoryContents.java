package dev.regild.channel;

import dev.regild.channel.SnapshotManifest.ListFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a channel's repositories hold now, as their verified documents say.
 *
 * @param documents those themselves, and what else goes into the snapshot as it is
 * @param indexes what they vouch for, not yet here
 * @param validators of the documents, by URI, for the next time
 * @param mirrors the places of a repository that has several, by its root URI
 * @param notices what the operator should know of the repositories, though all is well
 */
record RepositoryContents(
    List<Document> documents,
    List<IndexFetch> indexes,
    Map<String, Validators> validators,
    Map<String, List<String>> mirrors,
    List<String> notices) {
  /** Of repositories that each have one place, and nothing to be said of them. */
  RepositoryContents(
      List<Document> documents, List<IndexFetch> indexes, Map<String, Validators> validators) {
    this(documents, indexes, validators, Map.of(), List.of());
  }

  RepositoryContents {
    mirrors = Map.copyOf(mirrors);
    notices = List.copyOf(notices);
    documents = List.copyOf(documents);
    indexes = List.copyOf(indexes);
    validators = Map.copyOf(validators);
  }

  /**
   * One file that is here already.
   *
   * @param name in the snapshot
   * @param repository the root URI of its repository; empty if it is ours
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Document(String name, SnapshotManifest.Kind kind, byte[] bytes, String repository) {}

  /** Every file of the snapshot, each name once. */
  List<ListFile> listFiles() {
    Map<String, ListFile> files = new LinkedHashMap<>();
    Stream.concat(
            documents.stream()
                .map(
                    d -> new ListFile(d.name(), d.kind(), Sha256.of(d.bytes()), d.repository(), 0)),
            indexes.stream()
                .map(i ->
                    new ListFile(
                        i.listFile(),
                        i.kind(),
                        i.content().sha256(),
                        i.repository(),
                        i.priority())))
        .forEach(file -> files.put(file.name(), file));
    return new ArrayList<>(files.values());
  }
}
