package dev.regild.channel;

import dev.regild.channel.IndexFetch.Fetched;
import dev.regild.channel.SnapshotManifest.ListFile;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Validators;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Path;
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
 * @param list what else goes into the snapshot, and tells of the indexes
 * @param validators of the documents, by URI, for the next time
 * @param mirrors the places of a repository that has several, by its root URI
 * @param routes how the servers of a repository are reached, by its root URI, if not as usual
 * @param identity what else makes it another snapshot; mostly empty
 * @param completion what is still to be done in the snapshot's directory
 * @param notices what the operator should know of the repositories, though all is well
 */
public record RepositoryContents(
    List<Document> documents,
    List<IndexFetch> indexes,
    IndexList list,
    Map<String, Validators> validators,
    Map<String, List<String>> mirrors,
    Map<String, Route> routes,
    List<String> notices,
    String identity,
    Completion completion) {
  /** Of repositories that each have one place, and nothing to be said of them. */
  public RepositoryContents(
      List<Document> documents, List<IndexFetch> indexes, Map<String, Validators> validators) {
    this(
        documents,
        indexes,
        _ -> List.of(),
        validators,
        Map.of(),
        Map.of(),
        List.of(),
        "",
        _ -> List.of());
  }

  public RepositoryContents {
    mirrors = Map.copyOf(mirrors);
    routes = Map.copyOf(routes);
    notices = List.copyOf(notices);
    documents = List.copyOf(documents);
    indexes = eachOnce(indexes);
    validators = Map.copyOf(validators);
  }

  /** Two sources may name one suite. */
  private static List<IndexFetch> eachOnce(List<IndexFetch> indexes) {
    Map<String, IndexFetch> each = new LinkedHashMap<>();
    indexes.forEach(index -> each.putIfAbsent(index.listFile(), index));
    return List.copyOf(each.values());
  }

  /** Completes a snapshot whose documents and indexes are in its directory. */
  public interface Completion {
    /** Returns what the operator should know of it. */
    List<String> complete(Path snapshot) throws ChannelException, FetchException, IOException;
  }

  /** The same with more to do. */
  public RepositoryContents completedBy(Completion more) {
    return new RepositoryContents(
        documents, indexes, list, validators, mirrors, routes, notices, identity, more);
  }

  /** The same, of which the files alone don't say which snapshot it is. */
  public RepositoryContents identifiedBy(String more) {
    return new RepositoryContents(
        documents, indexes, list, validators, mirrors, routes, notices, more, completion);
  }

  /** Of repositories that may have several places. */
  public RepositoryContents(
      List<Document> documents,
      List<IndexFetch> indexes,
      IndexList list,
      Map<String, Validators> validators,
      Map<String, List<String>> mirrors,
      Map<String, Route> routes,
      List<String> notices) {
    this(documents, indexes, list, validators, mirrors, routes, notices, "", _ -> List.of());
  }

  /** Tells a guest of the indexes, once it is known what they are. */
  public interface IndexList {
    List<Document> of(Map<IndexFetch, Fetched> indexes);
  }

  /**
   * One file that is here already.
   *
   * @param name in the snapshot
   * @param repository the root URI of its repository; empty if it is ours
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Document(String name, String kind, byte[] bytes, String repository) {}

  /** Every file of the snapshot that is not an index. */
  List<Document> documents(Map<IndexFetch, Fetched> known) {
    return Stream.concat(documents.stream(), list.of(known).stream()).toList();
  }

  /**
   * Every file of the snapshot, each name once.
   *
   * @param known what every index is
   */
  List<ListFile> listFiles(Map<IndexFetch, Fetched> known) {
    Map<String, ListFile> files = new LinkedHashMap<>();
    for (Document each : documents(known)) {
      files.put(
          each.name(),
          new ListFile(each.name(), each.kind(), Sha256.of(each.bytes()), each.repository(), 0));
    }
    known.forEach((index, fetched) ->
        files.put(
            index.listFile(),
            new ListFile(
                index.listFile(),
                index.kind(),
                fetched.sha256(),
                index.repository(),
                index.priority(),
                index.hotfixes(),
                index.promise())));
    return new ArrayList<>(files.values());
  }
}
