package dev.regild.windows.servicing;

import java.util.Map;

/** What Device Manager's problem codes mean (Microsoft's "Device Manager error messages"). */
final class DeviceProblem {
  private static final Map<Integer, String> MEANINGS =
      Map.ofEntries(
          Map.entry(1, "not configured correctly"),
          Map.entry(3, "its driver may be damaged, or memory is short"),
          Map.entry(9, "it reports an invalid hardware id"),
          Map.entry(10, "it can't start"),
          Map.entry(12, "not enough free resources"),
          Map.entry(14, "a restart is needed"),
          Map.entry(16, "its resources can't be identified"),
          Map.entry(18, "its driver must be installed again"),
          Map.entry(19, "its registry configuration is damaged"),
          Map.entry(21, "it is being removed"),
          Map.entry(22, "it is disabled"),
          Map.entry(24, "not present, or not all of its drivers are installed"),
          Map.entry(28, "no driver is installed"),
          Map.entry(29, "the firmware did not give it resources"),
          Map.entry(31, "its driver can't be loaded"),
          Map.entry(32, "the service of its driver is disabled"),
          Map.entry(33, "its resources can't be determined"),
          Map.entry(34, "its settings must be made by hand"),
          Map.entry(35, "the firmware does not give it resources"),
          Map.entry(36, "it wants another kind of interrupt"),
          Map.entry(37, "its driver could not be initialised"),
          Map.entry(38, "an earlier instance of its driver is still loaded"),
          Map.entry(39, "its driver is damaged or missing"),
          Map.entry(40, "its registry entry is damaged"),
          Map.entry(41, "its driver was loaded, and the device was not found"),
          Map.entry(42, "a second one of it runs already"),
          Map.entry(43, "it was stopped because it reported problems"),
          Map.entry(44, "a program or service has shut it down"),
          Map.entry(45, "it is not connected"),
          Map.entry(46, "Windows is shutting down"),
          Map.entry(47, "it is prepared for removal"),
          Map.entry(48, "its driver is blocked"),
          Map.entry(49, "the registry's hive is too large"),
          Map.entry(50, "not all of its properties can be applied"),
          Map.entry(51, "it waits for another device"),
          Map.entry(52, "its driver is not signed"),
          Map.entry(53, "reserved for the debugger"),
          Map.entry(54, "it failed and is being reset"),
          Map.entry(56, "its class is being set up"));

  private DeviceProblem() {}

  /** {@code code 28, no driver is installed}. */
  static String spoken(int code) {
    return "code %d, %s".formatted(code, MEANINGS.getOrDefault(code, "unknown to Regild"));
  }
}
