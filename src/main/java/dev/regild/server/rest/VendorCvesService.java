package dev.regild.server.rest;

import static java.util.Comparator.comparing;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.feed.OpenCves;
import dev.regild.feed.OpenCves.Found;
import dev.regild.feed.OpenCves.Status;
import dev.regild.feed.PlatformFacts;
import dev.regild.image.Inventories;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.fleet.ImageContent;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code GET /regild/v1/images/NAME/vulnerabilities/vendor}: each CVE of the image's packages by
 * the feeds, in pages. The query parameters are {@code status}, {@code kernel}, {@code exploited},
 * {@code limit} and {@code after}.
 */
public record VendorCvesService(
    Requests requests, Database database, Inventories inventories, FeedStore feeds)
    implements HttpService {
  private static final int USUAL_LIMIT = 200;
  private static final int MOST = 1000;

  /** The words of a status that stand for one or for several. */
  private static final String STATUSES = "open, wont-fix, fixed, not-affected or all";

  private static final Comparator<Found> ORDER =
      comparing(Found::source).thenComparing(each -> each.issue().cve());

  /**
   * A page.
   *
   * @param feeds whether any feed knows the image's platform
   * @param counts of the whole image, whatever the filter
   * @param next the value of {@code after} for the next page; absent on the last one
   */
  private record PageView(
      String image,
      boolean feeds,
      Optional<OpenCves.Counts> counts,
      List<VendorCveView> cves,
      Optional<String> next) {}

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/vulnerabilities/vendor", this::list);
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListVendorCves");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    Optional<Status> status = status(parameter(request, "status", "open"));
    boolean kernel = truth("kernel", parameter(request, "kernel", "false"));
    boolean exploited = truth("exploited", parameter(request, "exploited", "false"));
    int limit = limit(parameter(request, "limit", String.valueOf(USUAL_LIMIT)));
    String after = parameter(request, "after", "");
    ImageContent image = ImageContent.require(database, caller.owner(), name);
    var packages = inventories.load(image.disk().inventory()).packages();
    PlatformFacts facts = feeds.facts(image.image().platform().orElse(""));
    OpenCves cves = new OpenCves(facts, image.system().family(), image.system().notes());
    List<Found> found =
        cves.find(packages).stream()
            .filter(each -> status.isEmpty() || status.get() == each.status())
            .filter(each -> kernel || !each.kernel())
            .filter(each -> !exploited || each.exploited().orElse(false))
            .sorted(ORDER)
            .filter(each -> after.isEmpty() || isAfter(each, after))
            .limit(limit + 1L)
            .toList();
    List<Found> page = found.subList(0, Math.min(limit, found.size()));
    OwnAnswers.send(
        response,
        new PageView(
            name,
            facts.issues().isPresent(),
            cves.count(packages),
            page.stream().map(VendorCveView::of).toList(),
            found.size() > limit ? Optional.of(key(page.getLast())) : Optional.empty()));
  }

  /** Identifiers of CVEs have no space; names of packages may. */
  private static String key(Found each) {
    return each.source() + " " + each.issue().cve();
  }

  /** Whether it comes, in the order, after the one with a key. */
  private static boolean isAfter(Found each, String key) {
    int space = key.lastIndexOf(' ');
    int bySource = each.source().compareTo(key.substring(0, Math.max(0, space)));
    return bySource > 0
        || (bySource == 0 && each.issue().cve().compareTo(key.substring(space + 1)) > 0);
  }

  private static String parameter(ServerRequest request, String name, String usual) {
    return request.query().first(name).filter(value -> !value.isEmpty()).orElse(usual);
  }

  private static Optional<Status> status(String text) {
    if (text.equals("all")) {
      return Optional.empty();
    }
    for (Status each : Status.values()) {
      if (each.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text)) {
        return Optional.of(each);
      }
    }
    throw invalid("status", text, STATUSES);
  }

  private static boolean truth(String name, String text) {
    if (!text.equals("true") && !text.equals("false")) {
      throw invalid(name, text, "true or false");
    }
    return text.equals("true");
  }

  private static int limit(String text) {
    int limit = text.matches("\\d{1,4}") ? Integer.parseInt(text) : 0;
    if (limit < 1 || limit > MOST) {
      throw invalid("limit", text, "a number from 1 to " + MOST);
    }
    return limit;
  }

  private static ApiException invalid(String name, String text, String remedy) {
    return new ApiException(
        ErrorType.VALIDATION,
        "The query parameter %s is '%s'. It must be %s.".formatted(name, text, remedy));
  }
}
