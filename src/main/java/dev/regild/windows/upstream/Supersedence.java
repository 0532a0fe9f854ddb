package dev.regild.windows.upstream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Which of some updates others take the place of. Where several supersede each other in a circle,
 * the newest of them counts, so that none is lost (Tarjan's strongly connected components). Updates
 * name their whole history, so there are far more edges than updates: these are numbers here.
 */
final class Supersedence {
  private static final Comparator<UpdateFacts> BY_AGE =
      Comparator.comparing(UpdateFacts::created)
          .thenComparingInt(each -> each.id().revision())
          .thenComparing(each -> each.id().update());

  private final List<UpdateFacts> updates;
  private final Map<UUID, Integer> numbers = new HashMap<>();
  private final int[][] edges;
  private final BitSet superseded = new BitSet();

  Supersedence(Map<UUID, UpdateFacts> updates) {
    this.updates = new ArrayList<>(updates.values());
    for (int i = 0; i < this.updates.size(); i++) {
      numbers.put(this.updates.get(i).id().update(), i);
    }
    this.edges = new int[this.updates.size()][];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = numbers(this.updates.get(i).superseded());
    }
    mark(new Circles().find());
  }

  /** Those of them that are known here. Without streams: it runs hundreds of thousands of times. */
  private int[] numbers(List<UUID> ids) {
    int[] found = new int[ids.size()];
    int count = 0;
    for (UUID each : ids) {
      Integer number = numbers.get(each);
      if (number != null) {
        found[count++] = number;
      }
    }
    return Arrays.copyOf(found, count);
  }

  private void mark(int[] circles) {
    int[] newest = new int[circles.length];
    Arrays.fill(newest, -1);
    for (int i = 0; i < circles.length; i++) {
      int known = newest[circles[i]];
      boolean newer = known < 0 || BY_AGE.compare(updates.get(i), updates.get(known)) > 0;
      newest[circles[i]] = newer ? i : known;
    }
    for (int i = 0; i < circles.length; i++) {
      if (newest[circles[i]] != i) {
        superseded.set(i);
      }
      for (int old : edges[i]) {
        if (circles[old] != circles[i]) {
          superseded.set(old);
        }
      }
    }
  }

  /** Whether another update takes the place of one of these. */
  boolean isSuperseded(UUID id) {
    return superseded.get(numbers.getOrDefault(id, updates.size()));
  }

  /** Without recursion: chains may be as long as there are updates. */
  private final class Circles {
    private final int size = edges.length;
    private final int[] index = new int[size];
    private final int[] lowest = new int[size];
    private final int[] next = new int[size];
    private final int[] circle = new int[size];
    private final int[] open = new int[size];
    private final int[] visits = new int[size];
    private int entered;
    private int opened;
    private int depth;
    private int circles;

    /** Returns the number of each update's circle; most are alone in theirs. */
    int[] find() {
      Arrays.fill(circle, -1);
      for (int each = 0; each < size; each++) {
        if (index[each] == 0) {
          enter(each);
          while (depth > 0) {
            step(visits[depth - 1]);
          }
        }
      }
      return circle;
    }

    private void enter(int each) {
      index[each] = ++entered;
      lowest[each] = entered;
      open[opened++] = each;
      visits[depth++] = each;
    }

    private void step(int each) {
      while (next[each] < edges[each].length) {
        int old = edges[each][next[each]++];
        if (index[old] == 0) {
          enter(old);
          return;
        }
        if (circle[old] < 0) {
          lowest[each] = Math.min(lowest[each], index[old]);
        }
      }
      depth--;
      if (depth > 0) {
        int above = visits[depth - 1];
        lowest[above] = Math.min(lowest[above], lowest[each]);
      }
      if (lowest[each] == index[each]) {
        int last;
        do {
          last = open[--opened];
          circle[last] = circles;
        } while (last != each);
        circles++;
      }
    }
  }
}
