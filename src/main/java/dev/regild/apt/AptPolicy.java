package dev.regild.apt;

import dev.regild.inventory.Continued;
import dev.regild.inventory.GuestFiles;
import dev.regild.inventory.PolicyLimits;
import dev.regild.plan.Pin;
import dev.regild.plan.UpdatePolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an image's owner has told apt to prefer: preferences and {@code APT::Default-Release}. */
final class AptPolicy {
  private static final String APT_CONFIG = "/usr/bin/apt-config";

  /** Of all files of preferences together; an owner's have some kilobytes. */
  private static final int MOST_PREFERENCES = 4 << 20;

  /** Before each file of preferences. */
  private static final String FILE = "#regild-preferences ";

  /**
   * The files that apt takes, in its order: of the directory those without an ending or with {@code
   * .pref}, and none whose name has odd characters.
   */
  private static final String SCRIPT =
      """
      apt-config shell RELEASE APT::Default-Release
      for file in /etc/apt/preferences /etc/apt/preferences.d/*; do
        name=${file##*/}
        case $name in *[!A-Za-z0-9_.:-]*) continue ;; *.pref) ;; *.*) continue ;; esac
        if [ -f "$file" ]; then printf '\\n\\n%s%s\\n' '#regild-preferences ' "$file"; cat "$file"; fi
      done
      """;

  /**
   * What may set the default release, or have other files of configuration read. To tell what it
   * comes to takes apt itself.
   */
  private static final Pattern FOR_APT_ITSELF =
      Pattern.compile("(?i)default-release|\\bdir\\b|rootdir|#include|#clear");

  private static final Pattern TAKEN = Pattern.compile("[A-Za-z0-9_:-]*|[A-Za-z0-9_.:-]*\\.pref");

  private static final Pattern RELEASE = Pattern.compile("RELEASE='(.*)'");

  private AptPolicy() {}

  static UpdatePolicy read(GuestFiles guest) throws IOException {
    if (!guest.exists(APT_CONFIG)) {
      return UpdatePolicy.NONE;
    }
    return parse(guest.runsPrograms() ? guest.run("sh", "-c", SCRIPT) : said(guest));
  }

  /**
   * Returns what the script would say.
   *
   * @throws IOException if that takes apt, or the preferences are larger than an owner writes
   */
  private static String said(GuestFiles guest) throws IOException {
    for (String file : files(guest, "/etc/apt/apt.conf", _ -> true)) {
      if (FOR_APT_ITSELF.matcher(guest.text(file)).find()) {
        throw new IOException(file + " has settings that only apt understands");
      }
    }
    StringBuilder said = new StringBuilder("RELEASE=''\n");
    for (String file :
        files(guest, "/etc/apt/preferences", name -> TAKEN.matcher(name).matches())) {
      said.append("\n\n").append(FILE).append(file).append('\n').append(guest.text(file));
      if (said.length() > MOST_PREFERENCES) {
        throw new IOException(
            "apt's preferences have more than %d bytes together. Make /etc/apt/preferences.d smaller"
                .formatted(MOST_PREFERENCES));
      }
    }
    return said.toString();
  }

  /** A file if it exists, then those of its directory in the order of their names. */
  private static List<String> files(GuestFiles guest, String file, Predicate<String> taken)
      throws IOException {
    List<String> files = new ArrayList<>();
    if (guest.names("/etc/apt").contains(file.substring(file.lastIndexOf('/') + 1))) {
      files.add(file);
    }
    guest.names(file + ".d").stream()
        .filter(taken)
        .filter(name -> !name.startsWith("."))
        .sorted()
        .map(name -> file + ".d/" + name)
        .forEach(files::add);
    return files;
  }

  /**
   * Reads what apt's programs and files say.
   *
   * @param said {@code RELEASE='stable'}, then each file with {@code #regild-preferences} and its
   *     path before it
   * @throws IOException if it holds more pins than an owner writes
   */
  static UpdatePolicy parse(String said) throws IOException {
    String release = "";
    String file = "";
    List<Pin> pins = new ArrayList<>();
    Map<String, String> fields = new HashMap<>();
    String field = "";
    for (String line : (said + "\n\n").lines().toList()) {
      Matcher defaultRelease = RELEASE.matcher(line);
      if (file.isEmpty() && defaultRelease.matches()) {
        release = defaultRelease.group(1);
      } else if (line.startsWith(FILE)) {
        file = line.substring(FILE.length());
      } else if (line.isBlank()) {
        pins.addAll(pins(fields, file));
        fields.clear();
      } else if (Character.isWhitespace(line.charAt(0))) {
        fields.computeIfPresent(field, (_, before) -> Continued.by(before, line));
      } else if (!line.startsWith("#") && line.indexOf(':') > 0) {
        field = line.substring(0, line.indexOf(':')).strip().toLowerCase(Locale.ROOT);
        fields.put(field, line.substring(line.indexOf(':') + 1).strip());
      }
    }
    PolicyLimits.require("The packages of apt's pins", pins.stream().map(Pin::packages).toList());
    PolicyLimits.require(
        "The versions and releases of apt's pins",
        pins.stream()
            .filter(pin -> PolicyLimits.isPattern(pin.packages()))
            .map(Pin::data)
            .toList());
    return UpdatePolicy.ofApt(release, pins);
  }

  /** Each word of the field Package is pinned by itself. */
  private static List<Pin> pins(Map<String, String> fields, String file) {
    String[] pin = fields.getOrDefault("pin", "").split("\\s+", 2);
    Optional<Pin.Kind> kind =
        Arrays.stream(Pin.Kind.values())
            .filter(each -> each.name().equalsIgnoreCase(pin[0]))
            .findFirst();
    String priority = fields.getOrDefault("pin-priority", "");
    String packages = fields.getOrDefault("package", "");
    Optional<Integer> number = priority(priority);
    boolean versionOfAll = packages.equals("*") && kind.equals(Optional.of(Pin.Kind.VERSION));
    if (kind.isEmpty() || number.isEmpty() || packages.isEmpty() || versionOfAll) {
      // apt passes it over, or stops at it with a message of its own.
      return List.of();
    }
    String data = pin.length > 1 ? pin[1] : "";
    return Arrays.stream(packages.split("\\s+"))
        .map(each -> new Pin(each, kind.get(), data, number.get(), file))
        .toList();
  }

  private static Optional<Integer> priority(String text) {
    if (text.equals("never")) {
      return Optional.of(Pin.NEVER);
    }
    return Optional.of(text)
        .filter(each -> each.matches("[+-]?\\d{1,5}"))
        .map(Integer::parseInt)
        .filter(each -> each != 0 && each > Pin.NEVER && each <= Short.MAX_VALUE);
  }
}
