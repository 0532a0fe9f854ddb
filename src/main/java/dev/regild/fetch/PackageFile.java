package dev.regild.fetch;

import java.net.URI;
import java.util.List;
import java.util.stream.Stream;

/**
 * One package file of a snapshot's repositories, as the signed indexes describe it.
 *
 * @param uri where it is, first
 * @param fileName the name under which apt looks for it in its archives directory: {@code
 *     bash_5.2.15-2+b7_amd64.deb}
 * @param size bytes
 * @param hash SHA-256, or SHA-384 or SHA-512 where its index has no other, in lower-case
 *     hexadecimal
 * @param others where it is too, if the first doesn't have it
 * @param route how the servers are reached
 * @param stays whether no redirect is followed
 * @param othersRoute how those of the other places are
 */
public record PackageFile(
    URI uri,
    String fileName,
    long size,
    String hash,
    List<URI> others,
    Route route,
    boolean stays,
    Route othersRoute) {
  public PackageFile {
    others = List.copyOf(others);
  }

  /** A file that is reached in one way, whatever place it comes from. */
  public PackageFile(
      URI uri,
      String fileName,
      long size,
      String hash,
      List<URI> others,
      Route route,
      boolean stays) {
    this(uri, fileName, size, hash, others, route, stays, route);
  }

  /** A file of servers whose redirects are followed. */
  public PackageFile(
      URI uri, String fileName, long size, String hash, List<URI> others, Route route) {
    this(uri, fileName, size, hash, others, route, false);
  }

  /** A file that is reached in the usual way. */
  public PackageFile(URI uri, String fileName, long size, String hash, List<URI> others) {
    this(uri, fileName, size, hash, others, Route.DEFAULT);
  }

  /** A file that is in one place. */
  public PackageFile(URI uri, String fileName, long size, String hash) {
    this(uri, fileName, size, hash, List.of());
  }

  /** All places, the best first. */
  public List<URI> uris() {
    return Stream.concat(Stream.of(uri), others.stream()).toList();
  }
}
