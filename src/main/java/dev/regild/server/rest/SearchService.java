package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.PageTokens;
import dev.regild.image.ImageHistory.PageKey;
import dev.regild.plan.VersionRange;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.fleet.FleetSearch;
import dev.regild.update.fleet.Question;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code GET /regild/v1/search}: the caller's images that have a package, a CVE or an advisory,
 * with what an update would change about it.
 */
public record SearchService(Requests requests, FleetSearch search, PageTokens tokens)
    implements HttpService {
  private static final int MOST = 500;
  private static final int BY_DEFAULT = 100;

  /** Separates a name from an id in a token; neither can contain it. */
  private static final String BETWEEN = "\n";

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/search", this::find);
  }

  private void find(ServerRequest request, ServerResponse response) {
    RequestLog.operation("SearchImages");
    Caller caller = Requests.admitted(requests.caller(request), false);
    Question question = question(request);
    Optional<FleetSearch.Standing> standing =
        ListPart.text(request, "state").map(SearchService::standing);
    boolean withDeleted = !ListPart.text(request, "deleted").equals(Optional.of("false"));
    List<String> asked =
        List.of(
            caller.owner().toString(), question.toString(), standing.toString(), "" + withDeleted);
    FleetSearch.Part part =
        new FleetSearch.Part(
            standing,
            withDeleted,
            ListPart.text(request, "next").map(token -> key(tokens.read(asked, token))),
            ListPart.text(request, "limit")
                .map(text -> ListPart.limit(text, MOST))
                .orElse(BY_DEFAULT));
    FleetSearch.Answer answer = search.find(caller.owner(), question, part);
    Optional<String> next =
        answer.next().map(key -> tokens.next(asked, key.name() + BETWEEN + key.id()));
    OwnAnswers.send(response, SearchView.of(answer, next));
  }

  private static PageKey key(String token) {
    int at = token.lastIndexOf(BETWEEN);
    return new PageKey(token.substring(0, at), token.substring(at + 1));
  }

  private static Question question(ServerRequest request) {
    Optional<String> name = ListPart.text(request, "package");
    Optional<String> cve = ListPart.text(request, "cve");
    Optional<String> advisory = ListPart.text(request, "advisory");
    Optional<String> version = ListPart.text(request, "version");
    if (Stream.of(name, cve, advisory).filter(Optional::isPresent).count() != 1
        || (version.isPresent() && name.isEmpty())) {
      throw invalid(
          "Write one of the query parameters package, cve and advisory; version only with"
              + " package.");
    }
    try {
      return name.<Question>map(it -> new Question.OfPackage(it, version.map(VersionRange::parse)))
          .or(() -> cve.map(Question.OfCve::new))
          .orElseGet(() -> new Question.OfAdvisory(advisory.orElseThrow()));
    } catch (IllegalArgumentException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  private static FleetSearch.Standing standing(String name) {
    return Arrays.stream(FleetSearch.Standing.values())
        .filter(each -> each.name().replace('_', '-').equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(() ->
            invalid(
                "The query parameter state is '%s'. It must be fixable, fixed, mentioned, unknown, open or wont-fix."
                    .formatted(name.toLowerCase(Locale.ROOT))));
  }

  private static ApiException invalid(String message) {
    return new ApiException(ErrorType.VALIDATION, message);
  }
}
