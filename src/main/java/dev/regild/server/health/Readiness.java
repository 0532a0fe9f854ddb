package dev.regild.server.health;

import dev.regild.server.health.HealthService.Check;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The verdict of all checks, however many ask: one look a second at most, in a thread of its own,
 * so that a disk that hangs holds nobody up.
 */
public final class Readiness {
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(2);

  private final List<Check> checks;
  private final Duration goodFor;
  private CompletableFuture<Verdict> look = CompletableFuture.completedFuture(Verdict.LATE);
  private boolean first = true;
  private long looked;

  public Readiness(List<Check> checks, Duration goodFor) {
    this.checks = List.copyOf(checks);
    this.goodFor = goodFor;
  }

  /**
   * What the checks found.
   *
   * @param ready whether none of them found anything
   * @param results by check: UP, or what is wrong
   */
  record Verdict(boolean ready, Map<String, String> results) {
    private static final Verdict LATE =
        new Verdict(
            false,
            Map.of("checks", "The checks did not finish within 2 s; a disk may be hanging."));
  }

  Verdict verdict() throws InterruptedException {
    try {
      return current().get(LONGEST_LOOK.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return Verdict.LATE;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a check failed unexpectedly", e.getCause());
    }
  }

  private synchronized CompletableFuture<Verdict> current() {
    long now = System.nanoTime();
    if (look.isDone() && (first || now - looked >= goodFor.toNanos())) {
      first = false;
      looked = now;
      look = new CompletableFuture<>();
      CompletableFuture<Verdict> fresh = look;
      Thread.ofVirtual().name("readiness").start(() -> complete(fresh));
    }
    return look;
  }

  private void complete(CompletableFuture<Verdict> fresh) {
    try {
      Map<String, String> results = new TreeMap<>();
      boolean ready = true;
      for (Check check : checks) {
        Optional<String> problem = check.problem();
        results.put(check.name(), problem.orElse("UP"));
        ready &= problem.isEmpty();
      }
      fresh.complete(new Verdict(ready, results));
    } catch (Throwable e) { // an Error, too: whoever waits would never know
      fresh.completeExceptionally(e);
    }
  }
}
