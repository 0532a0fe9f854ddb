package dev.regild.apt;

import dev.regild.channel.RepositoryUri;

/** The names that apt gives to files and URIs (apt-pkg's strutl.cc and acquire-item.cc, 2.6). */
final class AptNames {
  private AptNames() {}

  /** The name under which apt looks for a package in its archives directory. */
  static String archiveFile(String name, String version, String architecture) {
    return RepositoryUri.quoted(name, "_:")
        + "_"
        + RepositoryUri.quoted(version, "_:")
        + "_"
        + RepositoryUri.quoted(architecture, "_:.")
        + ".deb";
  }

  /** The URI of a file, given by its path below the root of the repository. */
  static String poolUri(String repository, String fileName) {
    return repository + "/" + RepositoryUri.quoted(fileName, "+~ ");
  }
}
