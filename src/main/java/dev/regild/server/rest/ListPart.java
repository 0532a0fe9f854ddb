package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.api.PageTokens;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The part of a long list that a request asks for, with the query parameters {@code limit} and
 * {@code next}.
 *
 * @param asked all that the list depends on; a token is for no other list
 * @param after the key of the last item of the part before
 * @param limit how many items at most
 */
record ListPart(PageTokens tokens, List<String> asked, Optional<String> after, int limit) {
  private static final int BY_DEFAULT = 1000;
  private static final int MOST = 10_000;

  /** Items, and the token of the next part unless this is the last one. */
  record Items<T>(List<T> items, Optional<String> next) {}

  /** Returns whether it is the first part. */
  boolean isFirst() {
    return after.isEmpty();
  }

  static ListPart of(ServerRequest request, PageTokens tokens, List<String> asked) {
    return new ListPart(
        tokens,
        asked,
        text(request, "next").map(token -> tokens.read(asked, token)),
        text(request, "limit").map(text -> limit(text, MOST)).orElse(BY_DEFAULT));
  }

  /** Returns a query parameter; empty if it is absent or has no value. */
  static Optional<String> text(ServerRequest request, String name) {
    return request.query().first(name).asOptional().filter(text -> !text.isEmpty());
  }

  static int limit(String text, int most) {
    if (text.matches("\\d{1,5}")) {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= most) {
        return limit;
      }
    }
    throw new ApiException(
        ErrorType.VALIDATION,
        "The query parameter limit is '%s'. It must be a whole number from 1 to %d."
            .formatted(text, most));
  }

  /**
   * Cuts the part out of a list.
   *
   * @param key of an item, unlike that of every other
   * @throws ApiException if the list does not have the last item of the part before any more
   */
  <T> Items<T> of(List<T> all, Function<T, String> key) {
    int from = 0;
    if (after.isPresent()) {
      while (from < all.size() && !key.apply(all.get(from)).equals(after.get())) {
        from++;
      }
      if (from == all.size()) {
        throw new ApiException(
            ErrorType.INVALID_PARAMETER_COMBINATION,
            "The list has changed since the token was made. Leave out next to start again.");
      }
      from++;
    }
    int to = Math.min(all.size(), from + limit);
    return new Items<>(
        List.copyOf(all.subList(from, to)),
        to < all.size()
            ? Optional.of(tokens.next(asked, key.apply(all.get(to - 1))))
            : Optional.empty());
  }
}
