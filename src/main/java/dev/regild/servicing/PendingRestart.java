package dev.regild.servicing;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** What in a Windows registry says that the system wants to be restarted. */
enum PendingRestart {
  COMPONENTS(PendingRestart.SERVICING + "RebootPending"),
  PACKAGES(PendingRestart.SERVICING + "PackagesPending"),
  UPDATES(
      "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto"
          + " Update\\RebootRequired"),
  /** Files that are replaced at the next start; some programs ask for that at every start. */
  FILES("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager", "PendingFileRenameOperations");

  private static final String SERVICING =
      "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\";

  private final String key;

  /** Empty where the key itself is the sign. */
  private final String value;

  PendingRestart(String key) {
    this(key, "");
  }

  PendingRestart(String key, String value) {
    this.key = key;
    this.value = value;
  }

  private boolean isThere(WindowsGuest guest) throws GuestException, InterruptedException {
    return value.isEmpty() ? guest.inRegistry(key) : guest.inRegistry(key, "/v", value);
  }

  /** The registry's own name. */
  private String spoken() {
    return value.isEmpty() ? key.substring(key.lastIndexOf('\\') + 1) : value;
  }

  /** All that are there. */
  static Set<PendingRestart> of(WindowsGuest guest) throws GuestException, InterruptedException {
    Set<PendingRestart> found = EnumSet.noneOf(PendingRestart.class);
    for (PendingRestart pending : values()) {
      if (pending.isThere(guest)) {
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
    return pending.stream().map(PendingRestart::spoken).collect(Collectors.joining(", "));
  }
}
