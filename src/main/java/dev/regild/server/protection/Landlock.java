package dev.regild.server.protection;

import dev.regild.machine.HostKernel;

/** Landlock, by which a program without rights can give up its access to files. */
final class Landlock implements Protection {
  private static final String WHAT = "Landlock";

  @Override
  public Finding look() {
    int version = HostKernel.landlockVersion();
    return version > 0
        ? Finding.holds(WHAT, "the kernel offers version " + version)
        : Finding.missing(WHAT, "boot with lsm=landlock,… in the kernel's command line");
  }
}
