package dev.regild.windows.upstream;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * Which of some updates others take the place of. Where several supersede each other in a circle,
 * the newest of them counts, so that none is lost (Tarjan's strongly connected components).
 */
final class Supersedence {
  private static final Comparator<UpdateFacts> BY_AGE =
      Comparator.comparing(UpdateFacts::created)
          .thenComparingInt(each -> each.id().revision())
          .thenComparing(each -> each.id().update());

  private final Map<UUID, UpdateFacts> updates;
  private final Map<UUID, Integer> circle = new HashMap<>();
  private final Map<Integer, UpdateFacts> newestOf = new HashMap<>();
  private final Set<UUID> superseded = new HashSet<>();

  Supersedence(Map<UUID, UpdateFacts> updates) {
    this.updates = updates;
    new Circles().find();
    updates.forEach((id, each) ->
        newestOf.merge(circleOf(id), each, (a, b) -> BY_AGE.compare(a, b) >= 0 ? a : b));
    updates.forEach((id, each) -> {
      if (!Objects.requireNonNull(newestOf.get(circleOf(id))).id().equals(each.id())) {
        superseded.add(id);
      }
      for (UUID old : each.superseded()) {
        if (updates.containsKey(old) && circleOf(old) != circleOf(id)) {
          superseded.add(old);
        }
      }
    });
  }

  private int circleOf(UUID id) {
    return Objects.requireNonNull(circle.get(id));
  }

  boolean isSuperseded(UUID id) {
    return superseded.contains(id);
  }

  /** Without recursion: chains may be as long as there are updates. */
  private final class Circles {
    private final Map<UUID, Integer> index = new HashMap<>();
    private final Map<UUID, Integer> lowest = new HashMap<>();
    private final Deque<UUID> open = new ArrayDeque<>();
    private final Set<UUID> isOpen = new HashSet<>();
    private final Deque<Visit> visits = new ArrayDeque<>();

    private record Visit(UUID id, Iterator<UUID> next) {}

    void find() {
      for (UUID id : updates.keySet()) {
        if (!index.containsKey(id)) {
          enter(id);
          while (!visits.isEmpty()) {
            step(visits.element());
          }
        }
      }
    }

    private void enter(UUID id) {
      index.put(id, index.size());
      lowest.put(id, Objects.requireNonNull(index.get(id)));
      open.push(id);
      isOpen.add(id);
      List<UUID> next = Objects.requireNonNull(updates.get(id)).superseded();
      visits.push(new Visit(id, next.iterator()));
    }

    private void step(Visit visit) {
      while (visit.next().hasNext()) {
        UUID next = visit.next().next();
        if (!updates.containsKey(next)) {
          continue;
        }
        if (!index.containsKey(next)) {
          enter(next);
          return;
        }
        if (isOpen.contains(next)) {
          lower(visit.id(), Objects.requireNonNull(index.get(next)));
        }
      }
      visits.pop();
      Integer reached = Objects.requireNonNull(lowest.get(visit.id()));
      if (!visits.isEmpty()) {
        lower(visits.element().id(), reached);
      }
      if (reached.equals(index.get(visit.id()))) {
        close(visit.id());
      }
    }

    private void lower(UUID id, int to) {
      lowest.merge(id, to, Math::min);
    }

    private void close(UUID first) {
      int number = circle.size();
      UUID each;
      do {
        each = open.pop();
        isOpen.remove(each);
        circle.put(each, number);
      } while (!each.equals(first));
    }
  }
}
