package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.Transport;
import dev.regild.fetch.Validators;
import dev.regild.windows.registry.WindowsVersion;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares the newest builds that a channel knows with Microsoft's public pages of releases, of
 * which each row of a table has a build and a KB. Previews are passed over.
 */
public final class ReleaseNotes {
  private static final String SITE = "https://learn.microsoft.com/en-us/windows/release-health/";
  private static final List<String> CLIENT =
      List.of("windows11-release-information", "release-information");
  private static final List<String> SERVER = List.of("windows-server-release-info");

  private static final int LIMIT = 16 << 20;
  private static final Pattern ROW = Pattern.compile("<tr[\\s>]");
  private static final Pattern TAG = Pattern.compile("<[^>]{0,2000}>");
  private static final Pattern BUILD = Pattern.compile("\\b([0-9]{5})\\.([0-9]{1,6})\\b");
  private static final Pattern KB = Pattern.compile("\\bKB\\s?([0-9]{6,8})\\b");

  /** Optional releases, by Microsoft's letters of the weeks of a month. */
  private static final Pattern PREVIEW =
      Pattern.compile("(?i)\\bpreview\\b|\\b[0-9]{4}-[0-9]{2} [CD]\\b");

  private final List<String> pages;
  private final Transport transport;

  /**
   * @param platform of the channel
   */
  public ReleaseNotes(String platform, Transport transport) {
    this(
        (platform.equals("WINDOWS") ? CLIENT : SERVER).stream().map(SITE::concat).toList(),
        transport);
  }

  ReleaseNotes(List<String> pages, Transport transport) {
    this.pages = pages;
    this.transport = transport;
  }

  /**
   * A release.
   *
   * @param build {@code 20348.2402}
   * @param kb may be empty
   */
  record Release(String build, String kb) {
    @Override
    public String toString() {
      return kb.isEmpty() ? build : build + " (" + kb + ")";
    }
  }

  /**
   * Reads the pages and compares.
   *
   * @param known the newest build of each that the channel knows: {@code 20348} to {@code
   *     20348.2402}
   * @return a line for each
   */
  public List<String> compare(Map<String, String> known)
      throws FetchException, InterruptedException {
    Map<String, Release> newest = new TreeMap<>();
    for (String page : pages) {
      switch (transport.read(URI.create(page), Validators.NONE, LIMIT)) {
        case Transport.Document.Content(byte[] bytes, Validators _) ->
            newest(new String(bytes, UTF_8), newest);
        case Transport.Document.NotModified() -> {
          // Only answers a condition.
        }
      }
    }
    List<String> lines = new ArrayList<>();
    known.forEach((base, build) -> lines.add(compared(build, newest.get(base))));
    return lines;
  }

  private static String compared(String build, @Nullable Release release) {
    if (release == null) {
      return "Microsoft's release notes have no row for the build of " + build;
    }
    int order = WindowsVersion.compare(build, release.build());
    if (order == 0) {
      return release + " is the newest in Microsoft's release notes, too";
    }
    return order < 0
        ? "Microsoft's release notes have %s, but the newest that the channel knows is %s; refresh the channel, or add the update by hand"
            .formatted(release, build)
        : "%s is newer than Microsoft's release notes, which have %s".formatted(build, release);
  }

  private static void newest(String page, Map<String, Release> newest) {
    for (String row : ROW.split(page, -1)) {
      String text = TAG.matcher(row).replaceAll(" ");
      Matcher build = BUILD.matcher(text);
      if (!build.find() || PREVIEW.matcher(text).find()) {
        continue;
      }
      Matcher kb = KB.matcher(text);
      Release release = new Release(build.group(), kb.find() ? "KB" + kb.group(1) : "");
      newest.merge(
          build.group(1),
          release,
          (a, b) -> WindowsVersion.compare(a.build(), b.build()) >= 0 ? a : b);
    }
  }
}
