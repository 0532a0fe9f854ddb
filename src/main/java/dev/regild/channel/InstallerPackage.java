package dev.regild.channel;

import dev.regild.plan.WindowsPackage;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads a database of Windows Installer, by msitools. */
final class InstallerPackage {
  private static final String TEMPLATE = "Template: ";

  private InstallerPackage() {}

  static PackageFacts read(Path file) throws ChannelException, InterruptedException {
    Map<String, String> properties = new HashMap<>();
    for (String row :
        PackageArchive.run("msiinfo", "export", file.toString(), "Property").lines().toList()) {
      int tab = row.indexOf('\t');
      if (tab > 0) {
        properties.putIfAbsent(row.substring(0, tab), row.substring(tab + 1));
      }
    }
    String name = properties.getOrDefault("ProductName", "");
    String version = properties.getOrDefault("ProductVersion", "");
    if (name.isEmpty() || version.isEmpty()) {
      throw new ChannelException("it has no ProductName or ProductVersion; ask its vendor");
    }
    return new PackageFacts(
        WindowsPackage.Kind.AGENT,
        name,
        version,
        architecture(PackageArchive.run("msiinfo", "suminfo", file.toString())),
        "",
        List.of(),
        "",
        false,
        List.of(),
        properties.getOrDefault("UpgradeCode", "").toUpperCase(Locale.ROOT));
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
