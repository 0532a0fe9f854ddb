package dev.regild.windows.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hardware ids of computers ({@code CHID}), each a hash of what the firmware calls the
 * computer: its maker, family and model. Windows keeps them for every computer that it has started
 * on.
 */
final class ComputerIds {
  private static final Pattern ID =
      Pattern.compile("\\{([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})}");

  /** A computer has about 15; an image starts on a few. */
  private static final int MOST = 1_000;

  private ComputerIds() {}

  /** Returns the ids, in small letters and in order. */
  static List<String> read(WindowsRegistry registry) {
    List<String> said = new ArrayList<>();
    for (RegistryKey computer : registry.system().subkeysOf("HardwareConfig")) {
      computer.find("ComputerIds").ifPresent(ids -> said.addAll(ids.values().keySet()));
    }
    registry
        .controlSet()
        .find("Control\\SystemInformation")
        .ifPresent(last -> said.addAll(last.texts("ComputerHardwareIds")));
    return said.stream()
        .map(id -> ID.matcher(id.toLowerCase(Locale.ROOT)))
        .filter(Matcher::matches)
        .map(id -> id.group(1))
        .distinct()
        .sorted()
        .limit(MOST)
        .toList();
  }
}
