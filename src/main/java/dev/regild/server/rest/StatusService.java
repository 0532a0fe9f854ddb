package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.verdict.StatusQuery;
import dev.regild.update.verdict.StatusQuery.Place;
import dev.regild.update.verdict.StatusQuery.Sort;
import dev.regild.update.verdict.StatusQuery.Standing;
import dev.regild.update.verdict.Statuses;
import dev.regild.update.verdict.Statuses.Placed;
import dev.regild.update.verdict.Statuses.Summary;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * {@code GET /regild/v1/status}: how the caller's images stand, in pages. The query parameters are
 * {@code status}, {@code platform}, {@code exploited}, {@code sort}, {@code order}, {@code limit}
 * and {@code after}.
 */
public record StatusService(Requests requests, Database database, Clock clock)
    implements HttpService {
  private static final int USUAL_LIMIT = 100;
  private static final int MOST = 1000;

  /**
   * A page.
   *
   * @param summary of all images, whatever the filter; on the first page
   * @param next the value of {@code after} for the next page; absent on the last one
   */
  private record PageView(
      Optional<Summary> summary, List<StatusView> images, Optional<String> next) {}

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/status", this::list);
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListStatus");
    Caller caller = Requests.admitted(requests.caller(request), false);
    int limit = limit(parameter(request, "limit"));
    StatusQuery query = query(request, caller, limit + 1);
    List<Placed> found = database.read(handle -> Statuses.list(handle, query));
    Optional<Summary> summary =
        query.after().isEmpty()
            ? Optional.of(database.read(handle -> Statuses.summary(handle, caller.owner())))
            : Optional.empty();
    List<Placed> page = found.subList(0, Math.min(limit, found.size()));
    Instant now = clock.instant();
    OwnAnswers.send(
        response,
        new PageView(
            summary,
            page.stream().map(each -> StatusView.of(each.status(), now)).toList(),
            found.size() > limit ? Optional.of(text(page.getLast().key())) : Optional.empty()));
  }

  private static StatusQuery query(ServerRequest request, Caller caller, int limit) {
    Sort sort =
        parameter(request, "sort").map(it -> choice("sort", it, Sort.values())).orElse(Sort.NAME);
    return new StatusQuery(
        caller.owner(),
        parameter(request, "status").map(it -> choice("status", it, Standing.values())),
        parameter(request, "platform"),
        parameter(request, "exploited")
            .map(it -> choice("exploited", it, Truth.values()) == Truth.TRUE)
            .orElse(false),
        sort,
        parameter(request, "order")
            .map(it -> choice("order", it, Order.values()) == Order.DESC)
            .orElse(sort.usuallyDescending()),
        parameter(request, "after").map(StatusService::key),
        limit);
  }

  private enum Truth {
    TRUE,
    FALSE
  }

  private enum Order {
    ASC,
    DESC
  }

  private static Optional<String> parameter(ServerRequest request, String name) {
    return request.query().first(name).filter(value -> !value.isEmpty());
  }

  private static <E extends Enum<E>> E choice(String name, String text, E[] choices) {
    return Arrays.stream(choices)
        .filter(each -> word(each).equals(text.toLowerCase(Locale.ROOT).replace('_', '-')))
        .findFirst()
        .orElseThrow(() ->
            invalid(
                name,
                text,
                Arrays.stream(choices)
                    .map(StatusService::word)
                    .collect(Collectors.joining(", ", "one of ", ""))));
  }

  private static String word(Enum<?> each) {
    return each.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static int limit(Optional<String> text) {
    if (text.isEmpty()) {
      return USUAL_LIMIT;
    }
    int limit = text.get().matches("\\d{1,4}") ? Integer.parseInt(text.get()) : 0;
    if (limit < 1 || limit > MOST) {
      throw invalid("limit", text.get(), "a number from 1 to " + MOST);
    }
    return limit;
  }

  private static String text(Place key) {
    return key.value() + "/" + key.name();
  }

  private static Place key(String text) {
    int slash = text.indexOf('/');
    if (slash < 1 || !text.substring(0, slash).matches("-?\\d{1,18}|9223372036854775807")) {
      throw invalid("after", text, "what the page before gave as next");
    }
    return new Place(Long.parseLong(text.substring(0, slash)), text.substring(slash + 1));
  }

  private static ApiException invalid(String name, String text, String remedy) {
    return new ApiException(
        ErrorType.VALIDATION,
        "The query parameter %s is '%s'. It must be %s.".formatted(name, text, remedy));
  }
}
