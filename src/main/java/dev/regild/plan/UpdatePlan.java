package dev.regild.plan;

import java.util.List;

/**
 * Every change that would bring an image up to date.
 *
 * @param changes by kind, then name, then architecture; empty means up to date
 */
public record UpdatePlan(List<Change> changes) {
  public UpdatePlan {
    changes = List.copyOf(changes);
  }

  public boolean isEmpty() {
    return changes.isEmpty();
  }
}
