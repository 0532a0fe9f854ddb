package dev.regild.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
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
            p -> Optional.ofNullable(offers.get(p.name())),
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
    UpdatePlan plan = Planner.plan(List.of(installed("bash", true)), p -> Optional.of("2"), RULES);
    assertThat(plan.isEmpty()).isTrue();
  }

  private static InstalledPackage installed(String name, boolean held) {
    return new InstalledPackage(name, "amd64", "1", held);
  }
}
