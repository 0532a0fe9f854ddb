package dev.regild.feed;

import dev.regild.feed.OpenCves.Counts;
import dev.regild.feed.OpenCves.Found;
import dev.regild.feed.OpenCves.Status;
import dev.regild.plan.InstalledPackage;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The CVEs that are open in one of two images only, by the feeds. They need not be of one platform.
 *
 * @param opened open in the second image and not in the first; each once, by package
 * @param closed open in the first image and not in the second
 */
public record OpenDifference(Counts first, Counts second, List<Found> opened, List<Found> closed) {
  public OpenDifference {
    opened = List.copyOf(opened);
    closed = List.copyOf(closed);
  }

  /** What is installed in an image, and what the feeds say of its platform. */
  public record Side(OpenCves feeds, Collection<InstalledPackage> installed) {
    private Map<String, Found> open() {
      Map<String, Found> open = new LinkedHashMap<>();
      for (Found each : feeds.find(installed)) {
        if (each.status() == Status.OPEN) {
          open.putIfAbsent(each.issue().cve(), each);
        }
      }
      return open;
    }
  }

  /** Compares; empty if no feed knows the platform of one of them. */
  public static Optional<OpenDifference> between(Side first, Side second) {
    Optional<Counts> before = first.feeds().count(first.installed());
    Optional<Counts> after = second.feeds().count(second.installed());
    if (before.isEmpty() || after.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Found> opened = second.open();
    Map<String, Found> closed = first.open();
    Map<String, Found> both = new LinkedHashMap<>(closed);
    both.keySet().retainAll(opened.keySet());
    opened.keySet().removeAll(both.keySet());
    closed.keySet().removeAll(both.keySet());
    return Optional.of(
        new OpenDifference(
            before.get(), after.get(), List.copyOf(opened.values()), List.copyOf(closed.values())));
  }
}
