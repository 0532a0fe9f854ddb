package dev.regild.insight;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the CVEs in the items of a changelog's entry. An item reaches from its bullet to the next
 * one.
 *
 * <p>A CVE counts as fixed, except in two cases: {@code regression}, {@code incomplete}, {@code
 * already fixed}, {@code revert}, {@code drop} or {@code remove} comes before it without a
 * parenthesis in between, or {@code already fixed}, {@code does not affect} or the like follows it.
 * Kernels write {@code Revert "net/smc: Introduce TCP ULP support" (CVE-2026-46330)} for a revert
 * that is the fix.
 */
public final class CveItems {
  /**
   * How often a changelog may name CVEs before the rest is ignored, because each one costs memory
   * and time. The kernel's changelog names 5,000.
   */
  public static final int MOST_IN_A_CHANGELOG = 50_000;

  /** In characters. A longer item is split. */
  private static final int LONGEST_ITEM = 16 << 10;

  private static final int LONGEST_EVIDENCE = 300;

  private static final Pattern BULLET = Pattern.compile("\\s*[*+-]\\s.*");

  /** A whole identifier, not a part of another word. */
  private static final Pattern CVE =
      Pattern.compile(
          "(?<![\\w.-])CVE-(\\d{4})-(\\d{4,19})(?![A-Za-z0-9])", Pattern.CASE_INSENSITIVE);

  private static final String ALREADY =
      "already (?:been )?(?:fixed|addressed|applied|included|resolved|patched|solved)";

  private static final Pattern MENTIONED_BEFORE =
      Pattern.compile(
          "\\b(?:regress(?:ions?|ed|es)|incomplete(?:ly)?|insufficient(?:ly)?|"
              + ALREADY
              + "|revert(?:s|ed|ing)?|drop(?:s|ped|ping)?|remov(?:e|es|ed|ing))\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern FIXES =
      Pattern.compile(
          "\\b(?:(?:to|also|and) (?:fix|address|mitigate|prevent|resolve)|fixes|fixing|addresses"
              + "|addressing|mitigates|mitigating|prevents|preventing|resolves|resolving)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern MENTIONED_BEHIND =
      Pattern.compile(
          "^[^().;]*\\b(?:"
              + ALREADY
              + "|(?:does|do|did) not affect|doesn't affect|(?:is|are|was|were) not"
              + " (?:affected|vulnerable)|not applicable|(?:is|was)"
              + " (?:incomplete|insufficient))\\b.*",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private final Map<String, NamedCve> found = new LinkedHashMap<>();
  private final StringBuilder item = new StringBuilder();
  private int count;

  /** Takes the entry's next line. */
  public void line(String line) {
    if (BULLET.matcher(line).matches() || line.isBlank()) {
      end();
    }
    String text = line.strip();
    if (item.length() + text.length() > LONGEST_ITEM) {
      end();
    }
    item.append(item.isEmpty() ? "" : " ").append(text, 0, Math.min(text.length(), LONGEST_ITEM));
  }

  /** Returns each CVE in the lines once: fixed if one of its items says so. */
  public List<NamedCve> named() {
    end();
    return new ArrayList<>(found.values());
  }

  /** Returns how often the finished items name a CVE. */
  public int count() {
    return count;
  }

  private void end() {
    if (item.isEmpty()) {
      return;
    }
    String text = item.toString();
    item.setLength(0);
    Matcher cves = CVE.matcher(text);
    while (cves.find()) {
      count++;
      String cve = cves.group().toUpperCase(Locale.ROOT);
      boolean fixed = isFixed(text.substring(0, cves.start()), text.substring(cves.end()));
      NamedCve before = found.get(cve);
      if (before == null || (fixed && !before.fixed())) {
        found.put(cve, new NamedCve(cve, fixed, evidence(text, cves.start(), cves.end())));
      }
    }
  }

  private static boolean isFixed(String before, String behind) {
    // One search: a pattern that reaches to the end would be tried at each word of a hostile item.
    int parenthesis = Math.max(before.lastIndexOf('('), before.lastIndexOf(')'));
    String near = before.substring(parenthesis + 1);
    Matcher mentioned = MENTIONED_BEFORE.matcher(near);
    boolean isMentioned = mentioned.find() && !FIXES.matcher(near).find(mentioned.end());
    return !isMentioned && !MENTIONED_BEHIND.matcher(behind).matches();
  }

  /** Returns the part of the item around the CVE. */
  private static String evidence(String text, int start, int end) {
    if (text.length() <= LONGEST_EVIDENCE) {
      return text;
    }
    int from =
        Math.max(0, Math.min(start - LONGEST_EVIDENCE / 2, text.length() - LONGEST_EVIDENCE));
    int to = Math.max(end, Math.min(text.length(), from + LONGEST_EVIDENCE));
    return (from > 0 ? "…" : "") + text.substring(from, to) + (to < text.length() ? "…" : "");
  }
}
