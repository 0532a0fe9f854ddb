package dev.regild.apt;

import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.PackageManager;
import dev.regild.servicing.PackageTool;
import java.time.Duration;

/** apt, as it is driven in a guest. */
record AptTool() implements PackageTool {
  @Override
  public PackageManager of(Guest guest, Duration limit, UpdatePlan plan, UpdateOptions options) {
    return new Apt(guest, limit, plan, options);
  }

  @Override
  public String listing() {
    return """
    dpkg-query --show --showformat='package\\t${Package}\\t${Architecture}\\t${Version}\\t\
    ${db:Status-Want}\\t${db:Status-Status}\\n'
    """;
  }

  @Override
  public String repair() {
    return "apt-get --fix-broken install";
  }
}
