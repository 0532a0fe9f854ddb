package dev.regild.rpm;

import dev.regild.inventory.GuestFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The streams of modules that a system has chosen, as dnf keeps them. */
final class DnfModules {
  private static final String DIRECTORY = "/etc/dnf/modules.d";

  /** Distributions have some eighty modules. */
  private static final int MOST_MODULES = 10_000;

  private DnfModules() {}

  /** The stream of each module, empty for one that is disabled. */
  static SortedMap<String, String> read(GuestFiles guest) throws IOException {
    SortedMap<String, String> chosen = new TreeMap<>();
    if (guest.exists(DIRECTORY)) {
      String found = guest.run("find", DIRECTORY, "-name", "*.module", "-type", "f");
      for (String path : found.lines().limit(MOST_MODULES + 1L).toList()) {
        if (chosen.size() == MOST_MODULES) {
          throw new IOException(DIRECTORY + " has more than " + MOST_MODULES + " modules");
        }
        Map<String, String> values = values(guest.text(path));
        String name = values.getOrDefault("name", "");
        switch (values.getOrDefault("state", "")) {
          case "enabled" -> chosen.put(name, values.getOrDefault("stream", ""));
          case "disabled" -> chosen.put(name, "");
          default -> {
            // Neither: the default stream counts.
          }
        }
      }
    }
    return chosen;
  }

  /** Each file has one section, named as the module. */
  private static Map<String, String> values(String text) {
    Map<String, String> values = new HashMap<>();
    for (String line : text.lines().toList()) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
      }
    }
    return values;
  }
}
