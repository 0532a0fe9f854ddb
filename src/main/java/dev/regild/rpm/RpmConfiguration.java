package dev.regild.rpm;

import dev.regild.inventory.ConfigurationCheck;
import dev.regild.inventory.ConfigurationCheck.Expected;
import dev.regild.inventory.ConfigurationFiles;
import dev.regild.inventory.GuestFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The configuration files that rpm has installed, with the digests that it has of them. */
final class RpmConfiguration {
  /** Of each file its flags, the digest's algorithm, the digest, the package and the path. */
  private static final String FORMAT =
      "[%{FILEFLAGS:fflags}\\t%{=FILEDIGESTALGO}\\t%{FILEDIGESTS}\\t%{=NAME}\\t%{FILENAMES}\\n]";

  /** Files are many, and of them few are for configuration (c), and are part of the package. */
  private static final String QUERY =
      "rpm -qa --qf '%s' | LC_ALL=C grep '^[a-z]*c[a-z]*\t' | head -n %d"
          .formatted(FORMAT, ConfigurationCheck.MOST_FILES);

  /** RFC 4880's numbers. */
  private static final String MD5 = "1";

  private static final String SHA256 = "8";

  /** What packages of rpm 4.4 and older have. */
  private static final String UNNAMED = "(none)";

  private RpmConfiguration() {}

  static ConfigurationFiles read(GuestFiles guest) {
    List<Expected> md5 = new ArrayList<>();
    List<Expected> sha256 = new ArrayList<>();
    try {
      for (String line : guest.run("sh", "-c", QUERY).lines().toList()) {
        String[] fields = line.split("\t", -1);
        boolean isFile = fields.length == 5 && !fields[0].contains("g") && !fields[2].isEmpty();
        if (isFile && fields[1].equals(SHA256)) {
          sha256.add(new Expected(fields[4], fields[3], fields[2]));
        } else if (isFile && (fields[1].equals(MD5) || fields[1].equals(UNNAMED))) {
          md5.add(new Expected(fields[4], fields[3], fields[2]));
        }
      }
    } catch (IOException e) {
      // The inventory is as good without, and whoever needs the guest hears of it again.
      return ConfigurationFiles.NONE;
    }
    return ConfigurationCheck.sha256(sha256, guest).and(ConfigurationCheck.md5(md5, guest));
  }
}
