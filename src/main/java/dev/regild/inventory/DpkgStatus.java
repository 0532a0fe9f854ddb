package dev.regild.inventory;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** dpkg's status file: paragraphs of fields, an empty line between them (deb-control(5)). */
final class DpkgStatus {
  /**
   * @param status dpkg's three words: want, error flag, state (dpkg-query(1))
   */
  record Entry(String name, String architecture, String version, String status) {
    boolean installed() {
      return status.endsWith(" installed");
    }

    boolean held() {
      return status.startsWith("hold ");
    }
  }

  private DpkgStatus() {}

  static List<Entry> parse(byte[] file) {
    List<Entry> entries = new ArrayList<>();
    String name = "";
    String architecture = "";
    String version = "";
    String status = "";
    for (String line :
        (Iterable<String>) new String(file, StandardCharsets.UTF_8).lines()::iterator) {
      if (line.isEmpty()) {
        if (!name.isEmpty()) {
          entries.add(new Entry(name, architecture, version, status));
        }
        name = "";
        architecture = "";
        version = "";
        status = "";
        continue;
      }
      name = field(line, "Package: ").orElse(name);
      architecture = field(line, "Architecture: ").orElse(architecture);
      version = field(line, "Version: ").orElse(version);
      status = field(line, "Status: ").orElse(status);
    }
    if (!name.isEmpty()) {
      entries.add(new Entry(name, architecture, version, status));
    }
    return entries;
  }

  private static Optional<String> field(String line, String field) {
    return line.startsWith(field)
        ? Optional.of(line.substring(field.length()).strip())
        : Optional.empty();
  }
}
