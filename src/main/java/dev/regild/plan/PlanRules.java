package dev.regild.plan;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What makes a change one of a driver or of the agent; every other is one of the operating system.
 *
 * @param drivers patterns of which one matches the whole name of a driver's package
 * @param agents names of the agent's packages; they win over the drivers
 */
public record PlanRules(List<Pattern> drivers, Set<String> agents) implements ChangeKinds {
  public PlanRules {
    drivers = List.copyOf(drivers);
    agents = Set.copyOf(agents);
  }

  @Override
  public ChangeKind kindOf(String packageName) {
    if (agents.contains(packageName)) {
      return ChangeKind.AGENT;
    }
    boolean driver = drivers.stream().anyMatch(p -> p.matcher(packageName).matches());
    return driver ? ChangeKind.DRIVER : ChangeKind.OS;
  }
}
