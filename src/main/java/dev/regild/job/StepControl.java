package dev.regild.job;

import dev.regild.servicing.Watcher;
import java.nio.file.Path;
import java.util.function.DoubleConsumer;
import org.jdbi.v3.core.HandleConsumer;

/**
 * What a running step tells, how far it is (0 to 1) and how to end at once what it has begun; and
 * where it works.
 */
public interface StepControl extends DoubleConsumer, Watcher {
  /** The attempt's own directory, removed when the attempt has ended. */
  Path directory();

  /** Returns the number of the job's attempt, from 1. */
  int attempt();

  /**
   * Changes the registry in one transaction, while the job belongs to this attempt.
   *
   * @throws CancelledJobException if the job was cancelled
   * @throws dev.regild.db.LostLeaseException if another attempt has begun
   */
  void record(HandleConsumer<RuntimeException> change);

  /** Closes something that later steps use too when the attempt has ended. */
  <T extends AutoCloseable> T keep(T borrowed);
}
