package dev.regild.api.operation;

import dev.regild.api.PageTokens;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One page of a longer list.
 *
 * @param items what is on it
 * @param hasNext whether there is another page
 */
record Page<T>(List<T> items, boolean hasNext) {
  /**
   * Cuts a page out.
   *
   * @param found the list from the page's first item on; one item more than the page holds tells
   *     that there is another page
   * @param limit how many items the page holds at most
   */
  static <T> Page<T> of(List<T> found, int limit) {
    return new Page<>(found.subList(0, Math.min(limit, found.size())), found.size() > limit);
  }

  /**
   * The token for the page that follows; absent if there is none.
   *
   * @param query as for {@link PageTokens#next}
   * @param key of the last item
   */
  Optional<String> nextToken(PageTokens tokens, List<String> query, Function<T, String> key) {
    return hasNext ? Optional.of(tokens.next(query, key.apply(items.getLast()))) : Optional.empty();
  }
}
