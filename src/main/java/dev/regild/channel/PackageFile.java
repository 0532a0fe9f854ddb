package dev.regild.channel;

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
 * @param sha256 lower-case hexadecimal
 * @param others where it is too, if the first doesn't have it
 */
public record PackageFile(URI uri, String fileName, long size, String sha256, List<URI> others) {
  public PackageFile {
    others = List.copyOf(others);
  }

  /** A file that is in one place. */
  public PackageFile(URI uri, String fileName, long size, String sha256) {
    this(uri, fileName, size, sha256, List.of());
  }

  /** All places, the best first. */
  List<URI> uris() {
    return Stream.concat(Stream.of(uri), others.stream()).toList();
  }
}
