package dev.regild.rpm;

/** What files of a snapshot of RPM repositories are. */
final class RpmFiles {
  /** A repomd.xml, or its signature. */
  static final String REPOMD = "REPOMD";

  /** What a vendor says about updates of packages. */
  static final String UPDATEINFO = "UPDATEINFO";

  /** The streams of modules, and the packages of each. */
  static final String MODULES = "MODULES";

  /** The files of packages, by which the guest's dnf resolves what requires a path. */
  static final String FILELISTS = "FILELISTS";

  private RpmFiles() {}
}
