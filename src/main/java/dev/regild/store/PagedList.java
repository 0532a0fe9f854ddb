package dev.regild.store;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A list that the store hands out a page at a time, each from where the one before ended.
 *
 * @param <T> its entries
 * @param <M> the place of a page
 */
@FunctionalInterface
interface PagedList<T, M> {
  /**
   * Asks for one page.
   *
   * @param from null for the first page
   */
  Answer<T, M> ask(@Nullable M from);

  /**
   * One page.
   *
   * @param next null if this is the last one
   */
  record Answer<T, M>(List<T> entries, @Nullable M next) {
    /** Makes one of what the store sent. */
    static <S, T, M> Answer<T, M> of(List<S> sent, Function<S, T> entry, @Nullable M next) {
      return new Answer<>(sent.stream().map(entry).toList(), next);
    }
  }

  /** Hands out all pages in order; each is asked for as any call to the store. */
  default void each(StoreCalls calls, String purpose, ObjectStore.Page<T> page)
      throws IOException, InterruptedException {
    @Nullable M from = null;
    do {
      @Nullable M at = from;
      Answer<T, M> answer = calls.make(purpose, () -> ask(at));
      page.take(answer.entries());
      from = answer.next();
    } while (from != null);
  }
}
