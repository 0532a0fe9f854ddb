package dev.regild.job.node;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Turns that remember for a few seconds who has one. Without it, loops that look every second would
 * ask the database as often, on each node. A turn stays its node's for longer than that, even if
 * the node dies.
 */
public final class RememberedTurns implements Turns {
  private static final Duration REMEMBERED = Duration.ofSeconds(3);

  private final Turns turns;
  private final LongSupplier nanoTime;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  /** An answer of the database, and when it was asked. */
  private record Answer(boolean ours, long asked) {}

  public RememberedTurns(Turns turns) {
    this(turns, System::nanoTime);
  }

  RememberedTurns(Turns turns, LongSupplier nanoTime) {
    this.turns = turns;
    this.nanoTime = nanoTime;
  }

  @Override
  public boolean take(String name) {
    long now = nanoTime.getAsLong();
    Answer known = answers.get(name);
    if (known != null && now - known.asked < REMEMBERED.toNanos()) {
      return known.ours;
    }
    boolean ours = turns.take(name);
    answers.put(name, new Answer(ours, now));
    return ours;
  }

  @Override
  public void giveBack(String name) {
    answers.remove(name);
    turns.giveBack(name);
  }
}
