package dev.regild.apt;

import dev.regild.channel.RepositoryUri;

/**
 * One suite of one repository.
 *
 * @param uri the root of the repository
 * @param suite its name under {@code dists/}; of a flat repository, which has none, the directory
 *     of its index with a slash at the end: {@code ./}, {@code binary/} or {@code /}
 */
record SuiteLocation(String uri, String suite) {
  /** Whether the repository has its index beside the packages, without {@code dists/}. */
  boolean isFlat() {
    return suite.endsWith("/");
  }

  /** The URI of a file of the suite, by its path below it; spelled as apt does. */
  String uriOf(String path) {
    String directory = isFlat() ? suite.replaceFirst("^/$", "") : "dists/" + suite + "/";
    return uri + "/" + directory + path;
  }

  /** The name of that file in apt's lists directory. */
  String listFile(String path) {
    return RepositoryUri.listFile(uriOf(path));
  }
}
