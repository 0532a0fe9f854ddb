package dev.regild.update;

import dev.regild.servicing.Watcher;
import java.nio.file.Path;
import java.util.function.DoubleConsumer;

/**
 * What a running step tells, how far it is (0 to 1) and how to end at once what it has begun; and
 * where it works.
 */
interface StepControl extends DoubleConsumer, Watcher {
  /** The attempt's own directory, removed when the attempt has ended. */
  Path directory();

  /** Closes something that later steps use too when the attempt has ended. */
  <T extends AutoCloseable> T keep(T borrowed);
}
