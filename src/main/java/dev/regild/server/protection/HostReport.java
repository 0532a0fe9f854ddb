package dev.regild.server.protection;

import dev.regild.console.HostChecks;
import dev.regild.server.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Looks at this machine for the console: its programs, and what protects it. */
public final class HostReport implements HostChecks {
  /** However many pages ask: each look starts programs. */
  private static final Duration GOOD_FOR = Duration.ofMinutes(1);

  private final Path data;
  private final Config config;
  private List<Check> last = List.of();
  private long looked;

  public HostReport(Path data, Config config) {
    this.data = data;
    this.config = config;
  }

  @Override
  public synchronized List<Check> look() throws InterruptedException {
    if (last.isEmpty() || System.nanoTime() - looked > GOOD_FOR.toNanos()) {
      last = List.copyOf(lookNow());
      looked = System.nanoTime();
    }
    return last;
  }

  private List<Check> lookNow() throws InterruptedException {
    List<Check> checks = new ArrayList<>();
    for (HostTools.Finding tool : HostTools.look().findings()) {
      checks.add(
          tool.isProblem()
              ? new Check("Programs", tool.what(), "PROBLEM", tool.trouble(), true)
              : new Check(
                  "Programs", tool.what(), tool.cells().getFirst(), tool.cells().getLast(), false));
    }
    for (Finding found : HostProtections.look(data, config)) {
      checks.add(
          new Check("Protections", found.what(), found.word(), found.detail(), found.isProblem()));
    }
    return checks;
  }
}
