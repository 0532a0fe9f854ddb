package dev.regild.windows.registry;

import dev.regild.plan.WindowsFacts.InstalledKb;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The KBs in Component Based Servicing's records. */
final class InstalledKbs {
  static final String SERVICING = "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing";

  private static final String INSTALLED = "INSTALLED";
  private static final String SUPERSEDED = "SUPERSEDED";

  /** The name of a KB's own package. Its parts have packages of their own. */
  private static final String KB_PACKAGE = "Package_for_";

  /** {@code name~publisher's key~architecture~language~version}. */
  private static final Pattern IDENTITY =
      Pattern.compile("([^~]+)~[^~]*~([^~]*)~[^~]*~([0-9][0-9.]*)");

  private static final Pattern KB = Pattern.compile("(?i)\\bKB(\\d{6,8})(?!\\d)|_KB(\\d{6,8})");

  private InstalledKbs() {}

  /** Returns every KB that is installed, being installed or being removed, by identity. */
  static List<InstalledKb> read(WindowsRegistry registry) {
    List<InstalledKb> kbs = new ArrayList<>();
    for (RegistryKey key : registry.software().subkeysOf(SERVICING + "\\Packages")) {
      String identity = key.name();
      if (identity.startsWith(KB_PACKAGE)) {
        state(key.number("CurrentState").orElse(0))
            .ifPresent(state -> kbs.add(new InstalledKb(identity, kb(key), state)));
      }
    }
    kbs.sort(Comparator.comparing(InstalledKb::identity));
    return kbs;
  }

  /**
   * Returns whether the system has what a KB installs. A KB that a cumulative update includes is
   * superseded, and its installer reports that it is already installed.
   */
  static boolean isPresent(InstalledKb kb) {
    return kb.state().equals(INSTALLED) || kb.state().equals(SUPERSEDED);
  }

  /** The identity of a package, as far as it counts for what is newer than what. */
  record Identity(String name, String architecture, String version) {
    /** Empty if the text is not an identity. */
    static Optional<Identity> of(String text) {
      Matcher identity = IDENTITY.matcher(text);
      if (!identity.matches()) {
        return Optional.empty();
      }
      return Optional.of(
          new Identity(
              KbName.ofAllVersions(identity.group(1)), identity.group(2), identity.group(3)));
    }
  }

  /** A cumulative update has its number only in the name of the file that it came in. */
  private static String kb(RegistryKey key) {
    for (String text : List.of(key.name(), key.text("InstallName"), key.text("InstallLocation"))) {
      Matcher kb = KB.matcher(text);
      if (kb.find()) {
        return "KB" + (kb.group(1) == null ? kb.group(2) : kb.group(1));
      }
    }
    return "";
  }

  /** Microsoft, "CBS Servicing States Chart"; empty for what is not, or not yet, on the disk. */
  private static Optional<String> state(long current) {
    return switch ((int) current) {
      case 0x05 -> Optional.of("UNINSTALL_PENDING");
      case 0x40 -> Optional.of("STAGED");
      case 0x50 -> Optional.of(SUPERSEDED);
      case 0x60 -> Optional.of("INSTALL_PENDING");
      case 0x65 -> Optional.of("PARTIALLY_INSTALLED");
      case 0x70, 0x80 -> Optional.of(INSTALLED); // the latter can't be removed any more
      default -> Optional.empty();
    };
  }
}
