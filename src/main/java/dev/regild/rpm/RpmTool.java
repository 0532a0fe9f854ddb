package dev.regild.rpm;

import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.PackageManager;
import dev.regild.servicing.PackageTool;
import java.time.Duration;

/**
 * dnf or yum, as it is driven in a guest.
 *
 * @param tool which of them
 */
record RpmTool(RpmUpgrade.Tool tool) implements PackageTool {
  @Override
  public PackageManager of(Guest guest, Duration limit, UpdatePlan plan, UpdateOptions options) {
    return new RpmUpgrade(guest, limit, plan, tool);
  }

  @Override
  public String listing() {
    return """
    rpm -qa --qf 'package\\t%{NAME}\\t%{ARCH}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t\
    install\\tinstalled\\n'
    """;
  }

  @Override
  public String repair() {
    return tool == RpmUpgrade.Tool.YUM ? "yum check" : "dnf check";
  }
}
