package dev.regild.rpm;

import dev.regild.inventory.Continued;
import dev.regild.inventory.GuestFiles;
import dev.regild.inventory.PolicyLimits;
import dev.regild.plan.UpdatePolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What an image's owner has told dnf or yum: excludes, and the locks of the plugin versionlock. */
final class RpmPolicy {
  /** That of yum is a link to that of dnf where there is both. */
  private static final List<String> SETTINGS = List.of("/etc/dnf/dnf.conf", "/etc/yum.conf");

  /** Of dnf, and of yum; the plugin is called versionlock in both. */
  private static final List<String> LOCKS =
      List.of("/etc/dnf/plugins/versionlock.list", "/etc/yum/pluginconf.d/versionlock.list");

  private RpmPolicy() {}

  static UpdatePolicy read(GuestFiles guest) throws IOException {
    Map<String, String> settings = settings(guest);
    List<String> excludes = words(settings, "exclude");
    excludes.addAll(words(settings, "excludepkgs"));
    List<String> locks = locks(guest);
    List<String> includes = words(settings, "includepkgs");
    List<String> all = new ArrayList<>(includes);
    all.addAll(excludes);
    all.addAll(locks);
    PolicyLimits.require("The includes, excludes and version locks", all);
    return new UpdatePolicy(
        "",
        List.of(),
        includes,
        excludes,
        locks,
        settings.getOrDefault("obsoletes", "1").matches("(?i)0|no|false|off"));
  }

  /** The section {@code main}; a line that begins with blanks goes on with the one before it. */
  private static Map<String, String> settings(GuestFiles guest) throws IOException {
    Map<String, String> settings = new HashMap<>();
    for (String path : SETTINGS) {
      if (guest.exists(path)) {
        boolean main = false;
        String key = "";
        for (String line : guest.text(path).lines().toList()) {
          int equals = line.indexOf('=');
          if (line.isBlank() || line.startsWith("#") || line.startsWith(";")) {
            continue;
          }
          if (line.startsWith("[")) {
            main = line.strip().equals("[main]");
          } else if (main && Character.isWhitespace(line.charAt(0))) {
            settings.computeIfPresent(key, (_, before) -> Continued.by(before, line));
          } else if (main && equals > 0) {
            key = line.substring(0, equals).strip();
            settings.put(key, line.substring(equals + 1).strip());
          }
        }
        return settings;
      }
    }
    return settings;
  }

  private static List<String> words(Map<String, String> settings, String key) {
    return new ArrayList<>(
        Arrays.stream(settings.getOrDefault(key, "").split("[\\s,]+"))
            .filter(word -> !word.isEmpty())
            .toList());
  }

  private static List<String> locks(GuestFiles guest) throws IOException {
    List<String> locks = new ArrayList<>();
    for (String path : LOCKS) {
      if (guest.exists(path)) {
        guest
            .text(path)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .forEach(locks::add);
      }
    }
    return locks;
  }
}
