package dev.regild.server;

import dev.regild.api.Caller;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelogs;
import dev.regild.insight.Fixes;
import dev.regild.update.PlannedFixes;
import dev.regild.update.Updates;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/**
 * {@code GET /regild/v1/images/NAME/vulnerabilities}: each CVE that the update fixed which made an
 * image, and each that an update of it would fix now, with the evidence.
 */
final class InsightService implements HttpService {
  private final Requests requests;
  private final Database database;
  private final Updates updates;
  private final PlannedFixes plannedFixes;
  private final Images images = new Images();

  InsightService(
      Requests requests, Database database, Updates updates, PlannedFixes plannedFixes) {
    this.requests = requests;
    this.database = database;
    this.updates = updates;
    this.plannedFixes = plannedFixes;
  }

  /**
   * The CVEs of an image.
   *
   * @param fixed by the update that made it; absent if none did, or before this was read
   * @param toFix what an update would fix now; absent if the image has no disk or no channel
   * @param notCompared why {@code toFix} is absent
   */
  record VulnerabilitiesView(
      String image,
      Optional<FixesView> fixed,
      Optional<FixesView> toFix,
      Optional<String> notCompared) {}

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/vulnerabilities", this::vulnerabilities);
  }

  private void vulnerabilities(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowVulnerabilities");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    Optional<Fixes> fixed =
        database.read(handle -> {
          Image image = images.require(handle, caller.owner(), name);
          return Changelogs.fixesOf(handle, image.id());
        });
    Optional<Fixes> toFix = Optional.empty();
    Optional<String> notCompared = Optional.empty();
    try {
      toFix =
          Optional.of(
              plannedFixes.find(caller.owner(), name, updates.plan(caller.owner(), name)));
    } catch (RefusedException e) {
      notCompared = Optional.of(String.valueOf(e.getMessage()));
    }
    OwnAnswers.send(
        response,
        new VulnerabilitiesView(
            name, fixed.map(FixesView::whole), toFix.map(FixesView::whole), notCompared));
  }
}
