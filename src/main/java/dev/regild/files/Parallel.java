package dev.regild.files;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Tasks on virtual threads, a few at a time; the first failure ends the others. */
public final class Parallel {
  private Parallel() {}

  /**
   * One of the tasks.
   *
   * @param <X> how it fails, besides those ways that all have
   */
  @FunctionalInterface
  public interface Task<T, X extends Exception> {
    T run() throws X, IOException, InterruptedException;
  }

  /**
   * Runs tasks.
   *
   * @param atOnce how many of them run at the same time
   * @return their results, in the order of the tasks
   */
  public static <T, X extends Exception> List<T> run(
      int atOnce, Collection<? extends Task<? extends T, X>> tasks)
      throws X, IOException, InterruptedException {
    Semaphore places = new Semaphore(atOnce);
    // Closing the executor waits for the tasks, so that none still writes when this returns.
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<T> completion = new ExecutorCompletionService<>(executor);
      List<Future<T>> futures = new ArrayList<>();
      for (Task<? extends T, X> task : tasks) {
        futures.add(completion.submit(() -> inPlace(places, task)));
      }
      try {
        for (int i = 0; i < futures.size(); i++) {
          completion.take().get();
        }
        List<T> results = new ArrayList<>();
        for (Future<T> future : futures) {
          results.add(future.resultNow());
        }
        return results;
      } catch (ExecutionException e) {
        throw Parallel.<X>unwrapped(e);
      } finally {
        futures.forEach(future -> future.cancel(true));
      }
    }
  }

  private static <T, X extends Exception> T inPlace(Semaphore places, Task<? extends T, X> task)
      throws Exception {
    places.acquire();
    try {
      return task.run();
    } finally {
      places.release();
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // a task declares no other
  private static <X extends Exception> X unwrapped(ExecutionException e)
      throws IOException, InterruptedException {
    return switch (e.getCause()) {
      case IOException cause -> throw cause;
      case InterruptedException cause -> throw cause;
      case RuntimeException cause -> throw cause;
      case Error cause -> throw cause;
      case Exception cause -> (X) cause;
      case null, default -> throw new IllegalStateException(e);
    };
  }
}
