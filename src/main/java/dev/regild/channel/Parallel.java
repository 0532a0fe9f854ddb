package dev.regild.channel;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Tasks on virtual threads, a few at a time; the first failure ends the others. */
final class Parallel {
  private Parallel() {}

  static <T> List<T> run(int atOnce, Collection<? extends Callable<T>> tasks)
      throws ChannelException, InterruptedException {
    Semaphore places = new Semaphore(atOnce);
    // Closing the executor waits for the tasks, so that none still writes when this returns.
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<T> completion = new ExecutorCompletionService<>(executor);
      List<Future<T>> futures = new ArrayList<>();
      for (Callable<T> task : tasks) {
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
        throw unwrapped(e);
      } finally {
        futures.forEach(future -> future.cancel(true));
      }
    }
  }

  private static <T> T inPlace(Semaphore places, Callable<T> task) throws Exception {
    places.acquire();
    try {
      return task.call();
    } finally {
      places.release();
    }
  }

  private static ChannelException unwrapped(ExecutionException e) throws InterruptedException {
    return switch (e.getCause()) {
      case ChannelException cause -> cause;
      case InterruptedException cause -> throw cause;
      case RuntimeException cause -> throw cause;
      case Error cause -> throw cause;
      case null, default -> new ChannelException(String.valueOf(e.getCause()), e);
    };
  }
}
