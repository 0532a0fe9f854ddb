package dev.regild.windows.registry;

import dev.regild.plan.WindowsFacts.Program;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The programs that are listed for removal, and every one that Windows Installer installed. */
final class InstalledPrograms {
  private static final String UNINSTALL = "Microsoft\\Windows\\CurrentVersion\\Uninstall";
  private static final String UPGRADE_CODES =
      "Microsoft\\Windows\\CurrentVersion\\Installer\\UpgradeCodes";
  private static final String ADVERTISED_UPGRADE_CODES = "Classes\\Installer\\UpgradeCodes";
  private static final Pattern GUID =
      Pattern.compile("\\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\\}");

  private InstalledPrograms() {}

  /** Every program by name, the oldest of each first. */
  static List<Program> read(WindowsRegistry registry, String architecture) {
    Map<String, String> upgradeCodes = upgradeCodes(registry.software());
    List<Program> programs = new ArrayList<>();
    for (RegistryKey key : registry.software().subkeysOf(UNINSTALL)) {
      program(key, architecture, upgradeCodes).ifPresent(programs::add);
    }
    for (RegistryKey key : registry.software().subkeysOf("WOW6432Node\\" + UNINSTALL)) {
      program(key, "x86", upgradeCodes).ifPresent(programs::add);
    }
    programs.sort(
        Comparator.comparing(Program::name)
            .thenComparing(Program::architecture)
            .thenComparing(Program::version));
    return programs;
  }

  /** Empty for the parts of a program, and for what is an update of one. */
  private static Optional<Program> program(
      RegistryKey key, String architecture, Map<String, String> upgradeCodes) {
    String name = key.text("DisplayName");
    String code = key.name().toUpperCase(Locale.ROOT);
    boolean product = key.number("WindowsInstaller").orElse(0) == 1 && GUID.matcher(code).matches();
    boolean hidden = key.number("SystemComponent").orElse(0) == 1 && !product;
    if (name.isEmpty() || hidden || !key.text("ParentKeyName").isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Program(
            name,
            product ? productVersion(key) : key.text("DisplayVersion"),
            architecture,
            product ? code : "",
            product ? upgradeCodes.getOrDefault(code, "") : ""));
  }

  /**
   * The version by which Windows Installer compares, and which the product's .msi has. It is what
   * is displayed, unless the product writes something of its own over that, as Chrome does: then it
   * is left in the packed number {@code Version} alone (8, 8 and 16 bits).
   */
  private static String productVersion(RegistryKey key) {
    String displayed = key.text("DisplayVersion");
    long packed = key.number("Version").orElse(0) & 0xFFFF_FFFFL;
    String compared = "%d.%d.%d".formatted(packed >>> 24, packed >>> 16 & 0xFF, packed & 0xFFFF);
    // A fourth field is displayed, and never compared.
    String threeFields = displayed.replaceFirst("^(\\d+\\.\\d+\\.\\d+)\\..*", "$1");
    return packed == 0 || WindowsVersion.compare(threeFields, compared) == 0 ? displayed : compared;
  }

  /** From product code to upgrade code. */
  private static Map<String, String> upgradeCodes(RegistryKey software) {
    Map<String, String> codes = new HashMap<>();
    for (String place : List.of(ADVERTISED_UPGRADE_CODES, UPGRADE_CODES)) {
      for (RegistryKey upgrade : software.subkeysOf(place)) {
        for (String product : upgrade.values().keySet()) {
          unpacked(upgrade.name())
              .ifPresent(code -> unpacked(product).ifPresent(each -> codes.put(each, code)));
        }
      }
    }
    return codes;
  }

  /**
   * The GUID that Windows Installer packs into 32 digits: the first three groups are written
   * backwards, and of all that follows each pair of digits.
   *
   * @return {@code {GUID}} in capitals; empty if the text is not a packed one
   */
  static Optional<String> unpacked(String packed) {
    if (!packed.matches("[0-9A-Fa-f]{32}")) {
      return Optional.empty();
    }
    StringBuilder digits = new StringBuilder(32);
    digits.append(backwards(packed, 0, 8));
    digits.append(backwards(packed, 8, 12));
    digits.append(backwards(packed, 12, 16));
    for (int i = 16; i < 32; i += 2) {
      digits.append(backwards(packed, i, i + 2));
    }
    String all = digits.toString().toUpperCase(Locale.ROOT);
    return Optional.of(
        "{%s-%s-%s-%s-%s}"
            .formatted(
                all.substring(0, 8),
                all.substring(8, 12),
                all.substring(12, 16),
                all.substring(16, 20),
                all.substring(20)));
  }

  private static StringBuilder backwards(String text, int from, int to) {
    return new StringBuilder(text.substring(from, to)).reverse();
  }
}
