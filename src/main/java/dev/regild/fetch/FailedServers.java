package dev.regild.fetch;

import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The servers that failed while a set of files was fetched. To find that out takes up to minutes,
 * so once for all files is enough. Used by several threads at once.
 */
public final class FailedServers {
  /** Host and port. */
  private final Set<String> authorities = ConcurrentHashMap.newKeySet();

  /** The same places, those of servers that failed last: they may be back. */
  List<URI> inOrder(List<URI> places) {
    List<URI> failed = places.stream().filter(this::hasFailed).toList();
    return Stream.concat(places.stream().filter(each -> !failed.contains(each)), failed.stream())
        .toList();
  }

  private boolean hasFailed(URI place) {
    return authorities.contains(authority(place));
  }

  /** A server that only lacks a file, or has another one, is quick to say so, and has others. */
  void add(URI place, FetchException why) {
    if (!(why instanceof MissingFileException || why instanceof HashMismatchException)) {
      authorities.add(authority(place));
    }
  }

  private static String authority(URI place) {
    return String.valueOf(place.getRawAuthority());
  }
}
