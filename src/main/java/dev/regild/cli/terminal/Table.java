package dev.regild.cli.terminal;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rows of text in columns that are as wide as their widest cell. */
public final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... headings) {
    rows.add(List.of(headings));
  }

  public void row(String... cells) {
    rows.add(Arrays.stream(cells).map(Printable::line).toList());
  }

  /** Returns the rows; {@code LAST RUN} becomes {@code lastRun}. */
  List<Map<String, String>> data() {
    List<String> names = rows.getFirst().stream().map(Table::member).toList();
    List<Map<String, String>> data = new ArrayList<>();
    for (List<String> row : rows.subList(1, rows.size())) {
      Map<String, String> members = new LinkedHashMap<>();
      for (int i = 0; i < names.size(); i++) {
        members.put(names.get(i), row.get(i));
      }
      data.add(members);
    }
    return data;
  }

  /** Returns the lines, the headings among them, as names and values; equal names have a list. */
  Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    for (List<String> row : rows) {
      facts.merge(
          member(row.getFirst()),
          row.getLast(),
          (before, value) -> {
            List<Object> all =
                new ArrayList<>(before instanceof List<?> many ? many : List.of(before));
            all.add(value);
            return all;
          });
    }
    return facts;
  }

  private static String member(String heading) {
    String[] words = heading.toLowerCase(Locale.ROOT).split("[^a-z0-9]+", -1);
    StringBuilder name = new StringBuilder(words[0]);
    for (int i = 1; i < words.length; i++) {
      if (!words[i].isEmpty()) {
        name.append(Character.toUpperCase(words[i].charAt(0))).append(words[i].substring(1));
      }
    }
    return name.toString();
  }

  public void print(PrintWriter out) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 2);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
