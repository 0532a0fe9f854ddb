package dev.regild.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.apt.DebianVersion;
import dev.regild.rpm.RpmVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final PlanRules RULES =
      new PlanRules(
          List.of(Pattern.compile("linux-image-.*"), Pattern.compile("agent.*")), Set.of("agent"));

  @Test
  void changesAreSortedByKindThenNameAndAnAgentIsNoDriver() {
    Map<String, String> offers =
        Map.of("zsh", "2", "agent", "2", "linux-image-a", "2", "bash", "2");
    UpdatePlan plan =
        Planner.plan(
            List.of(
                installed("zsh", false),
                installed("agent", false),
                installed("linux-image-a", false),
                installed("bash", false),
                installed("current", false)),
            offering(DebianVersion.FAMILY, offers),
            RULES);
    assertThat(plan.changes())
        .containsExactly(
            new Change(ChangeKind.OS, "bash", "amd64", "1", "2"),
            new Change(ChangeKind.OS, "zsh", "amd64", "1", "2"),
            new Change(ChangeKind.DRIVER, "linux-image-a", "amd64", "1", "2"),
            new Change(ChangeKind.AGENT, "agent", "amd64", "1", "2"));
  }

  @Test
  void aPackageOnHoldIsLeftAlone() {
    UpdatePlan plan =
        Planner.plan(
            List.of(installed("bash", true)),
            offering(DebianVersion.FAMILY, Map.of("bash", "2")),
            RULES);
    assertThat(plan.isEmpty()).isTrue();
    assertThat(plan.keptBack()).containsExactly(new KeptBack("bash", "amd64", "1", "2", "on hold"));
  }

  @Test
  void ofSeveralInstalledKernelsTheNewestIsComparedInTheOrderOfTheirSystem() {
    List<InstalledPackage> kernels =
        Stream.of("4.18.0-9", "4.18.0-100", "4.18.0-80")
            .map(version -> new InstalledPackage("kernel", "x86_64", version, false))
            .toList();
    AvailablePackages available = offering(RpmVersion.FAMILY, Map.of("kernel", "4.18.0-100^git1"));
    UpdatePlan plan = Planner.plan(kernels, available, RULES);
    assertThat(plan.changes())
        .containsExactly(
            new Change(ChangeKind.OS, "kernel", "x86_64", "4.18.0-100", "4.18.0-100^git1"));
    assertThat(plan.unmet(kernels, RpmVersion.FAMILY)).hasSize(1);
    InstalledPackage done = new InstalledPackage("kernel", "noarch", "4.18.0-100^git1", false);
    assertThat(plan.unmet(List.of(done), RpmVersion.FAMILY)).isEmpty();
    assertThat(
            Planner.plan(kernels, offering(RpmVersion.FAMILY, Map.of("kernel", "4.18.0-99")), RULES)
                .isEmpty())
        .isTrue();
  }

  private static AvailablePackages offering(PackageFamily system, Map<String, String> offers) {
    return new AvailablePackages() {
      @Override
      public PackageFamily family() {
        return system;
      }

      @Override
      public Optional<String> upgradeOf(InstalledPackage installed) {
        return Optional.ofNullable(offers.get(installed.name()))
            .filter(offer -> system.order().compare(offer, installed.version()) > 0);
      }

      @Override
      public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
        return new UpdateReasons(false, List.of());
      }
    };
  }

  private static InstalledPackage installed(String name, boolean held) {
    return new InstalledPackage(name, "amd64", "1", held);
  }
}
