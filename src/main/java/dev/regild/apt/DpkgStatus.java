package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.ConfigurationCheck;
import dev.regild.inventory.ConfigurationCheck.Expected;
import dev.regild.plan.PackageOrigin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * dpkg's status file: paragraphs of fields, an empty line between them (deb-control(5)). The file
 * is the guest's: of each paragraph a few short fields are kept, and there are only so many
 * paragraphs.
 */
public final class DpkgStatus {
  public static final String FILE = "/var/lib/dpkg/status";

  /** Debian has 65,000 packages in all. */
  public static final int MOST_PACKAGES = 100_000;

  /** In bytes; names and versions have some tens. */
  private static final int LONGEST_VALUE = 1000;

  private static final Pattern CONFIGURATION = Pattern.compile(" (/.+) ([0-9a-f]{32})");

  /**
   * A package that dpkg knows.
   *
   * @param status dpkg's three words: want, error flag, state (dpkg-query(1))
   * @param origin its source package, vendor and section
   * @param configuration its configuration files, without those of an earlier version of it
   */
  record Entry(
      String name,
      String architecture,
      String version,
      String status,
      PackageOrigin origin,
      List<Expected> configuration) {
    Entry {
      configuration = List.copyOf(configuration);
    }

    boolean installed() {
      return status.endsWith(" installed");
    }

    boolean held() {
      return status.startsWith("hold ");
    }
  }

  private final byte[] file;
  private final List<Entry> entries = new ArrayList<>();
  private String name = "";
  private String architecture = "";
  private String version = "";
  private String status = "";
  private String source = "";
  private String section = "";
  private String vendor = "";
  private String maintainer = "";
  private List<Expected> configuration = new ArrayList<>();
  private boolean listsConfiguration;
  private int configurationFiles;

  private DpkgStatus(byte[] file) {
    this.file = file;
  }

  /**
   * The packages that dpkg knows of, the removed ones included.
   *
   * @throws UnfitDiskException if there are more of them than any system has, or one has a field
   *     past all measure
   */
  static List<Entry> parse(byte[] file) throws UnfitDiskException {
    return new DpkgStatus(file).parse();
  }

  /** Line by line in place: all of it as text would take twice its room. */
  private List<Entry> parse() throws UnfitDiskException {
    int start = 0;
    while (start < file.length) {
      int end = start;
      while (end < file.length && file[end] != '\n') {
        end++;
      }
      if (end == start || (end == start + 1 && file[start] == '\r')) {
        endParagraph();
      } else {
        take(start, end);
      }
      start = end + 1;
    }
    endParagraph();
    return entries;
  }

  private void endParagraph() throws UnfitDiskException {
    if (!name.isEmpty()) {
      if (entries.size() == MOST_PACKAGES) {
        throw damaged("it names more than " + MOST_PACKAGES + " packages");
      }
      entries.add(new Entry(name, architecture, version, status, origin(), configuration));
    }
    name = "";
    architecture = "";
    version = "";
    status = "";
    source = "";
    section = "";
    vendor = "";
    maintainer = "";
    configuration = new ArrayList<>();
    listsConfiguration = false;
  }

  private PackageOrigin origin() {
    SourcePackage of = SourcePackage.of(source, name, version);
    return new PackageOrigin(
        of.name(), of.version(), vendor.isEmpty() ? maintainer : vendor, section, "");
  }

  private void take(int start, int end) throws UnfitDiskException {
    if (file[start] == ' ') {
      if (listsConfiguration) {
        configurationFile(start, end);
      }
      return;
    }
    listsConfiguration = file[start] == 'C' && value("Conffiles:", start, end).isPresent();
    switch (file[start]) {
      case 'P' -> name = value("Package: ", start, end).orElse(name);
      case 'A' -> architecture = value("Architecture: ", start, end).orElse(architecture);
      case 'V' -> version = value("Version: ", start, end).orElse(version);
      case 'S' -> {
        status = value("Status: ", start, end).orElse(status);
        source = description("Source: ", start, end).orElse(source);
        section = description("Section: ", start, end).orElse(section);
      }
      case 'O' -> vendor = description("Origin: ", start, end).orElse(vendor);
      case 'M' -> maintainer = description("Maintainer: ", start, end).orElse(maintainer);
      default -> {
        // Another field, or a line that goes on with one.
      }
    }
  }

  /** A path, its MD5, and perhaps a word that it no longer counts. */
  private void configurationFile(int start, int end) {
    if (configurationFiles < ConfigurationCheck.MOST_FILES && end - start <= LONGEST_VALUE) {
      Matcher line = CONFIGURATION.matcher(new String(file, start, end - start, UTF_8));
      if (line.matches()) {
        configurationFiles++;
        configuration.add(new Expected(line.group(1), name, line.group(2)));
      }
    }
  }

  /** Returns a field that only describes a package, cut to the limit. */
  private Optional<String> description(String field, int start, int end) throws UnfitDiskException {
    return value(field, start, Math.min(end, start + field.length() + LONGEST_VALUE));
  }

  private Optional<String> value(String field, int start, int end) throws UnfitDiskException {
    int from = start + field.length();
    if (from > end || !field.equals(new String(file, start, field.length(), UTF_8))) {
      return Optional.empty();
    }
    if (end - from > LONGEST_VALUE) {
      throw damaged("a field " + field.strip() + " has more than " + LONGEST_VALUE + " bytes");
    }
    return Optional.of(new String(file, from, end - from, UTF_8).strip());
  }

  private static UnfitDiskException damaged(String why) {
    return new UnfitDiskException(
        "dpkg's list of packages on this disk, %s, is damaged: %s. Repair it in the system itself (dpkg --audit), and upload the disk again."
            .formatted(FILE, why));
  }
}
