package dev.regild.server.protection;

import dev.regild.machine.HostKernel;

/** The clock, by which old signatures and old repositories are told from new ones. */
final class HostClock implements Protection {
  private static final String WHAT = "clock";

  @Override
  public Finding look() {
    return HostKernel.clockIsSynchronized()
        ? Finding.holds(WHAT, "the kernel says that it is synchronized")
        : Finding.missing(WHAT, "nothing synchronizes it; apt-get install systemd-timesyncd");
  }
}
