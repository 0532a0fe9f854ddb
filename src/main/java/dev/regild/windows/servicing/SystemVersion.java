package dev.regild.windows.servicing;

import dev.regild.servicing.GuestException;
import java.util.Map;

/** What version a Windows that runs says it is. */
final class SystemVersion {
  private static final String KEY = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

  private SystemVersion() {}

  /**
   * Asks for it.
   *
   * @return build and revision with the kernel's version before them: {@code 10.0.20348.2340}
   * @throws GuestException if it doesn't say
   */
  static String of(WindowsGuest guest) throws GuestException, InterruptedException {
    Map<String, String> values = guest.registryValues(KEY);
    String build = required(guest, values, "CurrentBuild", "[0-9]{1,6}");
    return "%d.%d.%s.%d"
        .formatted(
            number(guest, values, "CurrentMajorVersionNumber"),
            number(guest, values, "CurrentMinorVersionNumber"),
            build,
            number(guest, values, "UBR"));
  }

  private static String required(
      WindowsGuest guest, Map<String, String> values, String name, String form)
      throws GuestException {
    String value = values.get(name);
    if (value == null || !value.matches(form)) {
      throw guest.failure("Windows does not say its build: no %s in %s".formatted(name, KEY));
    }
    return value;
  }

  private static long number(WindowsGuest guest, Map<String, String> values, String name)
      throws GuestException {
    return Long.decode(required(guest, values, name, "0x[0-9a-fA-F]{1,8}|0|[1-9][0-9]{0,8}"));
  }
}
