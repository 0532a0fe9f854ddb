package dev.regild.feed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.feed.ReleaseSupport.Exemption;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Until when releases and packages are supported, by the files of the packages {@code
 * distro-info-data} and {@code debian-security-support}. The files are read as data: nothing of the
 * packages runs. A file that is not there, or not of their form, says nothing.
 */
public final class SupportFiles {
  /** Where the packages have their files. */
  public static final Path DISTRO_INFO = Path.of("/usr/share/distro-info");

  public static final Path SECURITY_SUPPORT = Path.of("/usr/share/debian-security-support");

  private static final Logger LOG = LoggerFactory.getLogger(SupportFiles.class);

  /** A hundred times what they are. */
  private static final long LARGEST = 2 << 20;

  /** They come with updates of the host. */
  private static final Duration KEPT = Duration.ofMinutes(1);

  private static final Pattern DEBIAN = Pattern.compile("DEBIAN_(\\d+)");
  private static final Pattern UBUNTU = Pattern.compile("UBUNTU_(PRO_)?(\\d\\d)(\\d\\d)");
  private static final Pattern ENDED =
      Pattern.compile("(\\S+)\\s+(\\S+)\\s+(\\d{4}-\\d\\d-\\d\\d)\\s*(.*)");
  private static final Pattern LIMITED = Pattern.compile("(\\S+)\\s*(.*)");

  private final Path distroInfo;
  private final Path securitySupport;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  private record Known(ReleaseSupport support, long readAt) {}

  /**
   * @param distroInfo the directory with {@code debian.csv} and {@code ubuntu.csv}
   * @param securitySupport the directory with {@code security-support-ended.debN} and {@code
   *     security-support-limited}
   */
  public SupportFiles(Path distroInfo, Path securitySupport) {
    this.distroInfo = distroInfo;
    this.securitySupport = securitySupport;
  }

  /** Returns what is known of a platform, at most a minute old. */
  public ReleaseSupport of(String platform) {
    Known last = known.get(platform);
    if (last == null || System.nanoTime() - last.readAt() > KEPT.toNanos()) {
      last = new Known(read(platform), System.nanoTime());
      known.put(platform, last);
    }
    return last.support();
  }

  private ReleaseSupport read(String platform) {
    Matcher debian = DEBIAN.matcher(platform);
    if (debian.matches()) {
      String csv = text(distroInfo.resolve("debian.csv"));
      Map<String, String> release = release(csv, debian.group(1), "");
      String ended = text(securitySupport.resolve("security-support-ended.deb" + debian.group(1)));
      String limited = text(securitySupport.resolve("security-support-limited"));
      return new ReleaseSupport(
          Sha256.of(String.join("\0", csv, ended, limited).getBytes(UTF_8)),
          day(release.getOrDefault("eol", "")),
          day(release.getOrDefault("eol-lts", "")),
          ended.isEmpty() && limited.isEmpty()
              ? Optional.empty()
              : Optional.of(exemptions(ended, limited)));
    }
    Matcher ubuntu = UBUNTU.matcher(platform);
    if (ubuntu.matches()) {
      String csv = text(distroInfo.resolve("ubuntu.csv"));
      Map<String, String> release = release(csv, ubuntu.group(2) + "." + ubuntu.group(3), " LTS");
      return new ReleaseSupport(
          Sha256.of(csv.getBytes(UTF_8)),
          day(release.getOrDefault("eol", "")),
          ubuntu.group(1) == null ? Optional.empty() : day(release.getOrDefault("eol-esm", "")),
          Optional.empty());
    }
    return ReleaseSupport.UNKNOWN;
  }

  /** Empty if there is no such file that can be read. */
  private static String text(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new IOException("it has more than %d bytes".formatted(LARGEST));
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("reason", e.toString())
          .log("the end of support can't be read");
      return "";
    }
  }

  /**
   * Returns the columns of a release, by the names in the first line.
   *
   * @param suffix that the version may have besides
   */
  private static Map<String, String> release(String csv, String version, String suffix) {
    List<String> lines = csv.lines().toList();
    String[] names = lines.isEmpty() ? new String[0] : lines.getFirst().split(",", -1);
    for (String line : lines) {
      String[] cells = line.split(",", -1);
      if (names.length > 0
          && names[0].equals("version")
          && (cells[0].equals(version) || cells[0].equals(version + suffix))) {
        Map<String, String> release = new HashMap<>();
        for (int i = 0; i < Math.min(names.length, cells.length); i++) {
          release.put(names[i], cells[i]);
        }
        return release;
      }
    }
    return Map.of();
  }

  private static Optional<Instant> day(String text) {
    try {
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  /** As {@code check-support-status} reads them: the first that matches a source counts. */
  private static List<Exemption> exemptions(String ended, String limited) {
    List<Exemption> all = new ArrayList<>();
    for (String line : ended.lines().toList()) {
      Matcher parts = ENDED.matcher(line);
      if (!line.startsWith("#") && parts.matches()) {
        all.add(new Exemption(names(parts.group(1)), day(parts.group(3)), parts.group(4)));
      }
    }
    for (String line : limited.lines().toList()) {
      Matcher parts = LIMITED.matcher(line);
      if (!line.startsWith("#") && parts.matches()) {
        all.add(new Exemption(names(parts.group(1)), Optional.empty(), parts.group(2)));
      }
    }
    return List.copyOf(all);
  }

  /** The names are patterns, in which nothing is used but {@code .*}. */
  private static Pattern names(String pattern) {
    List<String> quoted = new ArrayList<>();
    for (String part : pattern.split("\\.\\*", -1)) {
      quoted.add(Pattern.quote(part));
    }
    return Pattern.compile(String.join(".*", quoted));
  }
}
