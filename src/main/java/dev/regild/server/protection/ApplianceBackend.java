package dev.regild.server.protection;

import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;

/** How libguestfs starts its appliance: by QEMU itself, with no daemon of others in between. */
final class ApplianceBackend implements Protection {
  private static final String WHAT = "libguestfs' backend";

  @Override
  public Finding look() {
    try {
      String backend = Guestfs.backend();
      return backend.equals("direct")
          ? Finding.holds(WHAT, backend)
          : Finding.missing(WHAT, backend + "; unset LIBGUESTFS_BACKEND");
    } catch (GuestfsException e) {
      return Finding.missing(WHAT, Messages.line(e));
    }
  }
}
