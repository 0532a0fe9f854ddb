package dev.regild.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.apt.AptPackageSystem;
import dev.regild.feed.Issue.State;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CveCounterTest {
  /** A hostile image has many versions of what has many CVEs. */
  @Test
  void onlyTheVersionThatCountsIsComparedWithEachCve() {
    Collection<Issue> issues =
        IntStream.range(0, 1000)
            .mapToObj(i -> new Issue("CVE-2026-" + (1000 + i), State.AFFECTED, "9", "", ""))
            .toList();
    PlatformFacts facts =
        new PlatformFacts("basis", Optional.of(Map.of("many", issues)), Optional.empty());
    AptPackageSystem apt = new AptPackageSystem();
    AtomicLong comparisons = new AtomicLong();
    PackageFamily family =
        new PackageFamily(
            apt.family().anyArchitecture(),
            (one, other) -> {
              comparisons.incrementAndGet();
              return apt.family().order().compare(one, other);
            },
            apt.family().kernel());
    List<InstalledPackage> installed =
        IntStream.range(0, 500)
            .mapToObj(i -> new InstalledPackage("many", "amd64", "1." + i, false))
            .toList();
    CveCounter counter = new CveCounter(new OpenCves(facts, family, apt.notes()));
    assertThat(counter.count(installed))
        .contains(new OpenCves.Counts(1000, 0, 0, Optional.empty()));
    assertThat(comparisons).hasValueLessThan(2000);
    assertThat(counter.count(installed.subList(0, 1)))
        .contains(new OpenCves.Counts(1000, 0, 0, Optional.empty()));
  }
}
