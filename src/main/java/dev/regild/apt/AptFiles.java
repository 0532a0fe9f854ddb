package dev.regild.apt;

/** What files of a snapshot of apt's repositories are. */
final class AptFiles {
  /** A signed Release file, or one part of it. */
  static final String RELEASE = "RELEASE";

  /** An index of packages that fix security problems. */
  static final String SECURITY_PACKAGES = "SECURITY_PACKAGES";

  private AptFiles() {}
}
