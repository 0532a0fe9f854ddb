package dev.regild.windows.catalogue;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Locale.ROOT;

import dev.regild.archive.ArchiveException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a driver's INF says ("INF File Sections and Directives").
 *
 * @param date of its {@code DriverVer}, as {@code 2024-06-21}
 * @param version of its {@code DriverVer}
 * @param hardwareIds those it is for, in capitals, by architecture: {@code amd64}
 */
record InfFile(String date, String version, Map<String, Set<String>> hardwareIds) {
  private static final Pattern DATE = Pattern.compile("(\\d{1,2})[/-](\\d{1,2})[/-](\\d{4})");
  private static final Pattern VERSION = Pattern.compile("\\d{1,9}(\\.\\d{1,9}){0,3}");
  private static final Pattern TOKEN = Pattern.compile("%([^%\r\n]*)%");

  /** In characters; Windows takes a few thousand. */
  private static final int LONGEST_LINE = 64 << 10;

  /** In characters, with strings put in; Windows takes 4096 ({@code MAX_INF_STRING_LENGTH}). */
  private static final int LONGEST_VALUE = 4 << 10;

  /** In characters, of all values of all sections that devices are looked for in. */
  private static final int MOST_TEXT = 16 << 20;

  /** What even an empty value takes. */
  private static final int EACH = 32;

  /** {@code NTamd64.10.0...16299}: of which only the architecture counts here. */
  private static final Pattern DECORATION =
      Pattern.compile("(?i)NT(amd64|x86|arm64|arm|ia64)?(\\..*)?");

  InfFile {
    hardwareIds = Map.copyOf(hardwareIds);
  }

  /**
   * Reads the text of an INF, in UTF-16 or UTF-8 with or without a byte order mark, or in Windows'
   * western code page.
   *
   * @throws NoDriverException if it is an INF of something else; the message names what is missing
   * @throws ArchiveException if it is too much for an INF
   */
  static InfFile parse(byte[] bytes) throws ArchiveException {
    Sections sections = new Sections(decoded(bytes));
    List<String> driverVer = sections.value("version", "driverver");
    Matcher date = DATE.matcher(driverVer.isEmpty() ? "" : driverVer.getFirst());
    if (!date.matches()) {
      throw new NoDriverException("its [Version] has no DriverVer with a date");
    }
    String version = driverVer.size() > 1 ? driverVer.get(1) : "0";
    if (!VERSION.matcher(version).matches()) {
      throw new NoDriverException(
          "its DriverVer has the version '" + version + "', which is not valid");
    }
    return new InfFile(
        "%s-%02d-%02d"
            .formatted(
                date.group(3), Integer.valueOf(date.group(1)), Integer.valueOf(date.group(2))),
        version,
        hardwareIds(sections));
  }

  private static String first(List<String> values) {
    return values.isEmpty() ? "" : values.getFirst();
  }

  private static Map<String, Set<String>> hardwareIds(Sections sections) throws ArchiveException {
    Map<String, Set<String>> result = new TreeMap<>();
    for (Line maker : sections.lines("manufacturer")) {
      String models = first(maker.values());
      List<String> targets = maker.values();
      addIds(sections.lines(models), "x86", result);
      for (String target : targets.subList(Math.min(1, targets.size()), targets.size())) {
        Matcher decoration = DECORATION.matcher(target);
        if (decoration.matches()) {
          // Since Windows Server 2003 SP1 a section for no architecture is one for x86.
          String architecture = decoration.group(1) == null ? "x86" : decoration.group(1);
          addIds(sections.lines(models + "." + target), architecture.toLowerCase(ROOT), result);
        }
      }
    }
    return result;
  }

  /** {@code description = install section, hardware id, compatible ids …}. */
  private static void addIds(
      List<Line> models, String architecture, Map<String, Set<String>> result) {
    for (Line model : models) {
      for (String id :
          model.values().subList(Math.min(1, model.values().size()), model.values().size())) {
        if (!id.isBlank()) {
          result.computeIfAbsent(architecture, _ -> new TreeSet<>()).add(id.toUpperCase(ROOT));
        }
      }
    }
  }

  private static String decoded(byte[] bytes) {
    if (startsWith(bytes, 0xFF, 0xFE)) {
      return new String(bytes, 2, bytes.length - 2, UTF_16LE);
    }
    if (startsWith(bytes, 0xFE, 0xFF)) {
      return new String(bytes, 2, bytes.length - 2, UTF_16BE);
    }
    if (startsWith(bytes, 0xEF, 0xBB, 0xBF)) {
      return new String(bytes, 3, bytes.length - 3, UTF_8);
    }
    if (bytes.length > 1 && bytes[1] == 0) {
      return new String(bytes, UTF_16LE);
    }
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return new String(bytes, Charset.forName("windows-1252"));
    }
  }

  private static boolean startsWith(byte[] bytes, int... start) {
    for (int i = 0; i < start.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xFF) != start[i]) {
        return false;
      }
    }
    return true;
  }

  /** {@code key = value, value}; a line without a key has an empty one. */
  private record Line(String key, List<String> values) {}

  /** The sections by their names in small letters, with strings put in for their tokens. */
  private static final class Sections {
    private final Map<String, List<Line>> sections = new HashMap<>();
    private final Map<String, String> strings = new HashMap<>();
    private int textLeft = MOST_TEXT;

    Sections(String text) throws ArchiveException {
      String section = "";
      StringBuilder whole = new StringBuilder();
      for (String raw : (Iterable<String>) text.lines()::iterator) {
        whole.append(withoutComment(raw).strip());
        if (whole.length() > LONGEST_LINE) {
          throw new ArchiveException("it has a line of more than " + LONGEST_LINE + " characters");
        }
        if (!whole.isEmpty() && whole.charAt(whole.length() - 1) == '\\') {
          whole.setLength(whole.length() - 1);
          continue;
        }
        String line = whole.toString();
        whole.setLength(0);
        if (line.startsWith("[") && line.endsWith("]")) {
          section = line.substring(1, line.length() - 1).strip().toLowerCase(ROOT);
        } else if (!line.isEmpty()) {
          sections.computeIfAbsent(section, _ -> new ArrayList<>()).add(line(line));
        }
      }
      // A language's own strings, as [Strings.0407], win on its systems only.
      for (Line each : sections.getOrDefault("strings", List.of())) {
        strings.putIfAbsent(each.key(), String.join(",", each.values()));
      }
    }

    List<Line> lines(String section) throws ArchiveException {
      List<Line> lines = new ArrayList<>();
      for (Line line : sections.getOrDefault(section.toLowerCase(ROOT), List.of())) {
        List<String> values = new ArrayList<>();
        for (String value : line.values()) {
          values.add(resolved(value));
        }
        lines.add(new Line(line.key(), values));
      }
      return lines;
    }

    List<String> value(String section, String key) throws ArchiveException {
      return lines(section).stream()
          .filter(line -> line.key().equals(key))
          .map(Line::values)
          .findFirst()
          .orElse(List.of());
    }

    /** A few letters may stand for a long string, and a section be named again and again. */
    private String resolved(String value) throws ArchiveException {
      StringBuilder result = new StringBuilder();
      Matcher token = TOKEN.matcher(value);
      while (token.find()) {
        String name = token.group(1).strip().toLowerCase(ROOT);
        String text = name.isEmpty() ? "%" : strings.getOrDefault(name, token.group());
        token.appendReplacement(result, Matcher.quoteReplacement(text));
        if (result.length() > LONGEST_VALUE) {
          break;
        }
      }
      token.appendTail(result);
      textLeft -= EACH + result.length();
      if (result.length() > LONGEST_VALUE || textLeft < 0) {
        throw new ArchiveException("its strings are too long");
      }
      return result.toString();
    }

    private static String withoutComment(String line) {
      boolean quoted = false;
      for (int i = 0; i < line.length(); i++) {
        char c = line.charAt(i);
        if (c == '"') {
          quoted = !quoted;
        } else if (c == ';' && !quoted) {
          return line.substring(0, i);
        }
      }
      return line;
    }

    private static Line line(String text) {
      String key = "";
      List<String> values = new ArrayList<>();
      StringBuilder value = new StringBuilder();
      boolean quoted = false;
      boolean hasKey = false;
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '"') {
          boolean doubled = quoted && i + 1 < text.length() && text.charAt(i + 1) == '"';
          if (doubled) {
            value.append(c);
            i++;
          } else {
            quoted = !quoted;
          }
        } else if (c == '=' && !quoted && !hasKey) {
          key = value.toString().strip().replace("%", "").toLowerCase(ROOT);
          hasKey = true;
          value.setLength(0);
        } else if (c == ',' && !quoted) {
          values.add(value.toString().strip());
          value.setLength(0);
        } else {
          value.append(c);
        }
      }
      values.add(value.toString().strip());
      return new Line(key, values);
    }
  }
}
