package dev.regild.channel;

/**
 * One suite of one repository.
 *
 * @param uri the root of the repository
 * @param suite its name under {@code dists/}
 */
record SuiteLocation(String uri, String suite) {
  /** The URI of a file of the suite, by its path below it. */
  String uriOf(String path) {
    return uri + "/dists/" + suite + "/" + path;
  }

  /** The name of that file in apt's lists directory. */
  String listFile(String path) {
    return AptNames.listFile(uriOf(path));
  }
}
