package dev.regild.machine;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * How libguestfs appliances are started.
 *
 * @param accelerator what they run under; asked for only when one is needed
 * @param startLimit the longest that a start may take
 */
public record Appliances(Supplier<Accelerator> accelerator, Duration startLimit) {
  /** Of a server that is not told otherwise. */
  public static final Duration DEFAULT_START_LIMIT = Duration.ofMinutes(5);

  /** With the default limit. */
  public Appliances(Supplier<Accelerator> accelerator) {
    this(accelerator, DEFAULT_START_LIMIT);
  }
}
