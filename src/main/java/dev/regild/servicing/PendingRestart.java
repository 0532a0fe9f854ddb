package dev.regild.servicing;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;

/** What in a Windows registry says that the system wants to be restarted. */
enum PendingRestart {
  COMPONENTS(PendingRestart.SERVICING + "RebootPending"),
  PACKAGES(PendingRestart.SERVICING + "PackagesPending"),
  UPDATES(
      "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto"
          + " Update\\RebootRequired"),
  /** Files that are replaced at the next start; some programs ask for that at every start. */
  FILES(
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager",
      "/v",
      "PendingFileRenameOperations");

  private static final String SERVICING =
      "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\";

  private final String[] query;

  PendingRestart(String... query) {
    this.query = query;
  }

  /** All that are there. */
  static Set<PendingRestart> of(WindowsGuest guest) throws GuestException, InterruptedException {
    Set<PendingRestart> found = EnumSet.noneOf(PendingRestart.class);
    for (PendingRestart pending : values()) {
      if (guest.inRegistry(pending.query)) {
        found.add(pending);
      }
    }
    return found;
  }

  /** Whether the work of a start, which comes before a system is of use, is still going on. */
  static boolean startGoesOn(WindowsGuest guest) throws GuestException, InterruptedException {
    return guest.inRegistry(SERVICING + "RebootInProgress");
  }

  /** For messages: the registry's own names. */
  static String spoken(Set<PendingRestart> pending) {
    return String.join(
        ", ", pending.stream().flatMap(p -> Stream.of(p.query[p.query.length - 1])).toList());
  }
}
