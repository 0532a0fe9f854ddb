package dev.regild.update.fleet;

import dev.regild.insight.Fixes;
import dev.regild.insight.PackageDifference;
import dev.regild.plan.Advisory;
import java.util.List;
import java.util.Optional;

/**
 * How an image differs from another one, or from what a snapshot would make of it.
 *
 * @param packages that differ, sorted by name
 * @param fixed what the second has fixed and the first has not; empty if none of it is known
 * @param lost what the first has fixed and the second has not, because its packages are older;
 *     empty if none are older
 * @param advisories of the channel's repositories about the changes, by id
 */
public record Difference(
    List<PackageDifference> packages,
    Optional<Fixes> fixed,
    Optional<Fixes> lost,
    List<Advisory> advisories) {
  public Difference {
    packages = List.copyOf(packages);
    advisories = List.copyOf(advisories);
  }
}
