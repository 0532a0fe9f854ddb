package dev.regild.servicing;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** What in a Windows registry says that the system wants to be restarted. */
enum PendingRestart {
  COMPONENTS(PendingRestart.SERVICING + "RebootPending", ""),
  PACKAGES(PendingRestart.SERVICING + "PackagesPending", ""),
  UPDATES(
      "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto"
          + " Update\\RebootRequired",
      ""),
  /** Files that are replaced at the next start; some programs ask for that at every start. */
  FILES("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager", "PendingFileRenameOperations");

  private static final String SERVICING =
      "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\";

  private final String key;
  private final String value;

  /**
   * @param value of the key; empty if the key alone says it
   */
  PendingRestart(String key, String value) {
    this.key = key;
    this.value = value;
  }

  /** All that are there. */
  static Set<PendingRestart> of(WindowsGuest guest) throws GuestException, InterruptedException {
    Set<PendingRestart> found = EnumSet.noneOf(PendingRestart.class);
    for (PendingRestart pending : values()) {
      if (pending.isIn(guest)) {
        found.add(pending);
      }
    }
    return found;
  }

  private boolean isIn(WindowsGuest guest) throws GuestException, InterruptedException {
    return value.isEmpty() ? guest.inRegistry(key) : guest.inRegistry(key, "/v", value);
  }

  /** Whether the work of a start, which comes before a system is of use, is still going on. */
  static boolean startGoesOn(WindowsGuest guest) throws GuestException, InterruptedException {
    return guest.inRegistry(SERVICING + "RebootInProgress");
  }

  /** For messages: the registry's own names. */
  static String spoken(Set<PendingRestart> pending) {
    return pending.stream().map(PendingRestart::registryName).collect(Collectors.joining(", "));
  }

  private static String registryName(PendingRestart pending) {
    return pending.value.isEmpty()
        ? pending.key.substring(pending.key.lastIndexOf('\\') + 1)
        : pending.value;
  }
}
