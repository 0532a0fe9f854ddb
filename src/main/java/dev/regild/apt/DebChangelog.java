package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.CveItems;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A changelog in Debian's format (deb-changelog(5)).
 *
 * @param entries those that name a CVE, in the order of the file
 * @param oldest the file's last entry
 * @param problem why the file was not read to its end; empty if it was
 * @param whole whether {@code oldest} is the package's first entry: distributions cut changelogs
 */
record DebChangelog(
    List<ChangelogEntry> entries, ChangelogEntry oldest, String problem, boolean whole) {
  /** The kernel's changelog, the longest in Debian, has 4 million characters. */
  static final int MOST_CHARACTERS = 32 << 20;

  /** A longer line is split there. */
  private static final int LONGEST_LINE = 1 << 16;

  private static final Pattern HEADING =
      Pattern.compile("([a-z0-9][a-z0-9+.-]{0,200}) \\(([^\\s()]{1,200})\\)[^;]{0,400};.*");

  /**
   * What follows the entries that were kept. Debian's dh_installchangelogs writes {@code # Older
   * entries have been removed from this changelog.}, Ubuntu's pkgbinarymangler, which keeps ten,
   * {@code # For older changelog entries, run 'apt-get changelog bash'}.
   */
  private static final Pattern CUT =
      Pattern.compile(
          "#.{0,200}\\b(?:older|complete)\\b.{0,200}\\b(?:entries|changelog)\\b.*",
          Pattern.CASE_INSENSITIVE);

  /**
   * Reads a compressed changelog.
   *
   * @param compressed by gzip
   */
  static DebChangelog read(InputStream compressed) {
    Reading reading = new Reading();
    String problem = "";
    try (InputStream in = new GZIPInputStream(compressed, 1 << 16)) {
      problem = reading.read(new BufferedReader(new InputStreamReader(in, UTF_8)));
    } catch (ZipException e) {
      problem = "its changelog is damaged (" + e.getMessage() + ")";
    } catch (IOException e) {
      problem = "its changelog can't be read (" + e.getMessage() + ")";
    }
    return reading.done(problem);
  }

  private static final class Reading {
    private final List<ChangelogEntry> entries = new ArrayList<>();
    private String source = "";
    private String version = "";
    private CveItems items = new CveItems();
    private boolean cut;
    private int named;

    /** Returns why it stopped before the end; empty if it did not. */
    String read(BufferedReader in) throws IOException {
      long characters = 0;
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (++characters > MOST_CHARACTERS
            || named + items.count() > CveItems.MOST_IN_A_CHANGELOG) {
          return "its changelog is too long; its first %d characters were read"
              .formatted(characters - 1);
        }
        if (c != '\n') {
          line.append((char) c);
        }
        if (c == '\n' || line.length() == LONGEST_LINE) {
          take(line.toString());
          line.setLength(0);
        }
      }
      take(line.toString());
      return "";
    }

    private void take(String line) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        end();
        source = heading.group(1);
        version = heading.group(2);
      } else if (CUT.matcher(line).matches()) {
        cut = true;
      } else if (!version.isEmpty() && !line.startsWith(" -- ")) {
        items.line(line);
      }
    }

    private void end() {
      ChangelogEntry entry = new ChangelogEntry(source, version, items.named());
      if (!version.isEmpty() && !entry.cves().isEmpty()) {
        entries.add(entry);
      }
      named += items.count();
      items = new CveItems();
    }

    /** Leaves out an entry that was not read to its end. */
    DebChangelog done(String problem) {
      ChangelogEntry oldest = new ChangelogEntry(source, version, List.of());
      if (problem.isEmpty()) {
        end();
        String none = version.isEmpty() ? "its changelog has no entry in Debian's format" : "";
        return new DebChangelog(entries, oldest, none, !cut && !version.isEmpty());
      }
      return new DebChangelog(entries, oldest, problem, false);
    }
  }
}
