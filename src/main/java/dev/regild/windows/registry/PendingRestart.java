package dev.regild.windows.registry;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What in a Windows registry says that the system wants to be restarted. */
public enum PendingRestart {
  COMPONENTS(PendingRestart.SERVICING + "\\RebootPending", ""),
  PACKAGES(PendingRestart.SERVICING + "\\PackagesPending", ""),
  /** A session of servicing that lets no other begin; the value is there at all times, mostly 0. */
  SESSIONS(PendingRestart.SERVICING + "\\SessionsPending", "Exclusive"),
  UPDATES(
      "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired",
      ""),
  /** Files that are replaced at the next start; some programs ask for that at every start. */
  FILES("SYSTEM\\CurrentControlSet\\Control\\Session Manager", "PendingFileRenameOperations");

  /** The file in which servicing leaves its work for the next start, in {@code Windows\WinSxS}. */
  public static final String QUEUE = "pending.xml";

  /** What to do about an image that wants a restart. */
  public static final String REMEDY =
      "Start the image once, let it end, shut it down, and import it again.";

  private static final String SERVICING =
      "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing";

  private final String key;
  private final String value;

  PendingRestart(String key, String value) {
    this.key = key;
    this.value = value;
  }

  /** The key, below {@code HKEY_LOCAL_MACHINE}. */
  public String key() {
    return key;
  }

  /** The value of the key that says it; empty if the key alone does. */
  public String value() {
    return value;
  }

  /** For messages: the registry's own name of it. */
  String registryName() {
    return switch (this) {
      case COMPONENTS, PACKAGES, UPDATES -> key.substring(key.lastIndexOf('\\') + 1);
      case SESSIONS -> "SessionsPending";
      case FILES -> value;
    };
  }

  /** For messages: the registry's own names of several. */
  public static String spoken(Set<PendingRestart> pending) {
    return pending.stream().map(PendingRestart::registryName).collect(Collectors.joining(", "));
  }

  /**
   * Those of a system's signs that keep it from being serviced, and a new image from being sound.
   *
   * @param names {@linkplain #registryName registry names}, and {@link #QUEUE}
   * @return all but files that are replaced, which a start can't always bring to an end
   */
  public static List<String> blocking(List<String> names) {
    return names.stream().filter(name -> !name.equals(FILES.registryName())).toList();
  }
}
