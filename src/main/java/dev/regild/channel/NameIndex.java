package dev.regild.channel;

import dev.regild.plan.Glob;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What an image's owner says of packages by their names. The names and patterns are foreign, so a
 * package is compared with patterns only, and once; whole names are looked up.
 *
 * @param <T> what is said
 */
public final class NameIndex<T> {
  private final Map<String, List<Entry<T>>> byName = new HashMap<>();
  private final List<Entry<T>> byPattern = new ArrayList<>();
  private final Map<String, List<T>> answers = new HashMap<>();
  private int size;
  private long comparisons;

  private record Entry<T>(int place, Predicate<String> name, T value) {}

  /** Adds what is said of the packages whose names a glob matches, letters by their case. */
  public void add(String glob, T value) {
    if (Glob.isPattern(glob)) {
      add(name -> Glob.matches(glob, name), value);
    } else {
      byName.computeIfAbsent(glob, _ -> new ArrayList<>()).add(entry(glob::equals, value));
    }
  }

  /** Adds what is said of packages by anything but a glob. */
  public void add(Predicate<String> pattern, T value) {
    byPattern.add(entry(pattern, value));
  }

  private Entry<T> entry(Predicate<String> name, T value) {
    answers.clear();
    return new Entry<>(size++, name, value);
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** What is said of one package, in the order in which it was added. */
  public List<T> about(String name) {
    return isEmpty() ? List.of() : answers.computeIfAbsent(name, this::compared);
  }

  private List<T> compared(String name) {
    comparisons += byPattern.size();
    return Stream.concat(
            byName.getOrDefault(name, List.of()).stream(),
            byPattern.stream().filter(entry -> entry.name.test(name)))
        .sorted(Comparator.comparingInt(Entry::place))
        .map(Entry::value)
        .toList();
  }

  /** How many names were compared with patterns so far. */
  public long comparisons() {
    return comparisons;
  }
}
