package dev.regild.windows.upstream;

import static java.util.stream.Collectors.toSet;

import dev.regild.plan.WindowsFacts.Device;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.windows.catalogue.DriverRank;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Selects drivers: for each device of the images the best of the published ones, in Windows' own
 * order, unless the image has a better one. A driver for certain models of computers counts where
 * an image has started on one of them.
 */
final class DriverSelection {
  private final String architecture;
  private final Map<String, List<Candidate>> byId = new HashMap<>();

  private record Candidate(UpdateFacts facts, DriverTarget target) {}

  private record Ranked(UpdateFacts facts, DriverTarget target, DriverRank rank) {}

  /**
   * @param products whose drivers are wanted
   * @param known what is known of drivers, other documents among them
   */
  DriverSelection(String architecture, Set<UUID> products, Collection<UpdateFacts> known) {
    this.architecture = architecture;
    Map<UUID, UpdateFacts> newest = new HashMap<>();
    for (UpdateFacts each : known) {
      newest.merge(
          each.id().update(), each, (a, b) -> a.id().revision() >= b.id().revision() ? a : b);
    }
    Set<UUID> superseded = new HashSet<>();
    newest.values().stream()
        .filter(UpdateFacts::isPublishedDriver)
        .forEach(each -> superseded.addAll(each.superseded()));
    newest.values().stream()
        .filter(UpdateFacts::isPublishedDriver)
        .filter(each -> each.categories().stream().anyMatch(products::contains))
        .filter(each -> !superseded.contains(each.id().update()))
        .forEach(this::add);
  }

  private void add(UpdateFacts each) {
    for (DriverTarget target : each.drivers()) {
      boolean fits =
          target.featureScores().isEmpty() || target.featureScores().containsKey(architecture);
      if (fits) {
        byId.computeIfAbsent(target.hardwareId(), _ -> new ArrayList<>())
            .add(new Candidate(each, target));
      }
    }
  }

  /** Returns the drivers that images would get, in a fixed order. */
  List<UpdateFacts> select(Collection<DriverNeed> needs) {
    Set<UpdateFacts> selected = new LinkedHashSet<>();
    for (DriverNeed need : needs) {
      for (Device device : need.devices()) {
        best(device, need.computers())
            .filter(each ->
                need.drivers().stream()
                    .flatMap(there -> rank(device, there).stream())
                    .allMatch(there -> each.rank().compareTo(there) < 0))
            .ifPresent(each -> selected.add(each.facts()));
      }
    }
    return selected.stream().sorted(Comparator.comparing(each -> each.id().toString())).toList();
  }

  /** Of equal ones that for the very model is the best. */
  private Optional<Ranked> best(Device device, Set<String> computers) {
    return Stream.concat(device.hardwareIds().stream(), device.compatibleIds().stream())
        .flatMap(id -> byId.getOrDefault(id, List.of()).stream())
        .filter(each -> each.target().isForOneOf(computers))
        .flatMap(each -> ranked(device, each).stream())
        .min(
            Comparator.comparing(Ranked::rank)
                .thenComparing(each -> each.target().computers().isEmpty())
                .thenComparing(each -> each.facts().created(), Comparator.reverseOrder())
                .thenComparing(each -> each.facts().id().toString()));
  }

  private Optional<Ranked> ranked(Device device, Candidate each) {
    int score =
        each.target().featureScores().getOrDefault(architecture, DriverRank.USUAL_FEATURE_SCORE);
    return DriverRank.of(device, Set.of(each.target().hardwareId()), score, each.target().version())
        .map(rank -> new Ranked(each.facts(), each.target(), rank));
  }

  private static Optional<DriverRank> rank(Device device, Driver there) {
    Set<String> ids =
        there.hardwareIds().stream().map(id -> id.toUpperCase(Locale.ROOT)).collect(toSet());
    return DriverRank.of(device, ids, DriverRank.USUAL_FEATURE_SCORE, there.version());
  }
}
