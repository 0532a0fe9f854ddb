package dev.regild.server.rest;

import static java.util.Comparator.comparing;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.feed.FeedStore;
import dev.regild.feed.OpenCves;
import dev.regild.feed.OpenCves.Found;
import dev.regild.feed.OpenCves.Status;
import dev.regild.feed.PlatformFacts;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Inventories;
import dev.regild.image.RefusedException;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
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
      List<CveView> cves,
      Optional<String> next) {}

  /**
   * A CVE.
   *
   * @param packageName the source package, as the feed names it
   * @param version that is installed
   * @param fixedIn the version that fixes it; absent if there is none
   * @param note why it is in its state, in the vendor's words
   */
  private record CveView(
      String cve,
      String packageName,
      String version,
      String status,
      Optional<String> fixedIn,
      Optional<String> severity,
      boolean kernel,
      Optional<Boolean> exploited,
      Optional<String> note) {
    private static CveView of(Found found) {
      return new CveView(
          found.issue().cve(),
          found.source(),
          found.version(),
          found.status().name(),
          Optional.of(found.issue().fixed()).filter(text -> !text.isEmpty()),
          Optional.of(found.issue().severity()).filter(text -> !text.isEmpty()),
          found.kernel(),
          found.exploited(),
          Optional.of(found.issue().note()).filter(text -> !text.isEmpty()));
    }
  }

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
    Image image = database.read(handle -> Images.require(handle, caller.owner(), name));
    String platform = image.platform().orElse("");
    Optional<PackageSystem> system = PackageSystems.installed().find(platform);
    if (image.disk().isEmpty() || system.isEmpty()) {
      throw new RefusedException(
          RefusedException.Reason.INCOMPATIBLE,
          "The image %s has no disk yet, or its platform is not known.".formatted(name));
    }
    var packages = inventories.load(image.disk().get().inventory()).packages();
    PlatformFacts facts = feeds.facts(platform);
    OpenCves cves = new OpenCves(facts, system.get().family(), system.get().notes());
    List<Found> found =
        cves.find(packages).stream()
            .filter(each -> status.isEmpty() || status.get() == each.status())
            .filter(each -> kernel || !each.kernel())
            .filter(each -> !exploited || each.exploited().orElse(false))
            .sorted(ORDER)
            .filter(each -> after.isEmpty() || key(each).compareTo(after) > 0)
            .limit(limit + 1L)
            .toList();
    List<Found> page = found.subList(0, Math.min(limit, found.size()));
    OwnAnswers.send(
        response,
        new PageView(
            name,
            facts.issues().isPresent(),
            cves.count(packages),
            page.stream().map(CveView::of).toList(),
            found.size() > limit ? Optional.of(key(page.getLast())) : Optional.empty()));
  }

  /** Compares like the order: no name of a package has a space. */
  private static String key(Found each) {
    return each.source() + " " + each.issue().cve();
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
