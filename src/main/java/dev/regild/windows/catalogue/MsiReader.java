package dev.regild.windows.catalogue;

import dev.regild.archive.ArchiveException;
import dev.regild.archive.PackageArchive;
import dev.regild.machine.Sandbox;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads a database of Windows Installer, by msitools. */
final class MsiReader {
  private static final String TEMPLATE = "Template: ";
  private static final String SERVICE_INSTALL = "ServiceInstall";

  /** The column, and its value of a service that starts by itself. */
  private static final int START_TYPE = 4;

  private static final String AUTOMATIC = "2";

  /** Not a name that Windows Installer composes of properties. */
  private static final Pattern SERVICE = Pattern.compile("[A-Za-z0-9_. -]{1,256}");

  private MsiReader() {}

  static PackageFacts read(Path file) throws ArchiveException, InterruptedException {
    Map<String, String> properties = new HashMap<>();
    for (List<String> row : table(file, "Property")) {
      if (row.size() == 2) {
        properties.putIfAbsent(row.get(0), row.get(1));
      }
    }
    String name = properties.getOrDefault("ProductName", "");
    String version = properties.getOrDefault("ProductVersion", "");
    if (name.isEmpty() || version.isEmpty()) {
      throw new ArchiveException("it has no ProductName or ProductVersion; ask its vendor");
    }
    return PackageFacts.ofAgent(
        name,
        version,
        architecture(msiinfo(file, "suminfo", file.toString())),
        properties.getOrDefault("UpgradeCode", "").toUpperCase(Locale.ROOT),
        services(file));
  }

  /** Of the table {@code ServiceInstall}, which few have: names whose start type is automatic. */
  private static List<String> services(Path file) throws ArchiveException, InterruptedException {
    if (msiinfo(file, "tables", file.toString()).lines().noneMatch(SERVICE_INSTALL::equals)) {
      return List.of();
    }
    return table(file, SERVICE_INSTALL).stream()
        .filter(row -> row.size() > START_TYPE && row.get(START_TYPE).equals(AUTOMATIC))
        .map(row -> row.get(1))
        .filter(name -> SERVICE.matcher(name).matches())
        .toList();
  }

  /** The rows of a table, and before them three that describe it. */
  private static List<List<String>> table(Path file, String name)
      throws ArchiveException, InterruptedException {
    return msiinfo(file, "export", file.toString(), name)
        .lines()
        .map(row -> List.of(row.split("\t", -1)))
        .toList();
  }

  private static String msiinfo(Path file, String... arguments)
      throws ArchiveException, InterruptedException {
    return PackageArchive.run(
        Sandbox.reading(file),
        Stream.concat(Stream.of("msiinfo"), Stream.of(arguments)).toArray(String[]::new));
  }

  /** Of the summary's template: {@code x64;1033}. */
  private static String architecture(String summary) {
    for (String line : summary.lines().toList()) {
      if (line.startsWith(TEMPLATE)) {
        String platform = line.substring(TEMPLATE.length()).split(";", 2)[0].strip();
        return switch (platform.toLowerCase(Locale.ROOT)) {
          case "x64", "amd64" -> "amd64";
          case "arm64" -> "arm64";
          case "intel", "" -> "x86";
          default -> "";
        };
      }
    }
    return "";
  }
}
