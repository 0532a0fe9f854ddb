package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.plan.UpdatePlan;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.Updates;
import dev.regild.update.planning.PlannedFixes;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/** {@code POST /regild/v1/plan}: what an update of an image would change, change by change. */
public record PlanService(Requests requests, Updates updates, PlannedFixes plannedFixes)
    implements HttpService {

  @Override
  public void routing(HttpRules rules) {
    rules.post("/regild/v1/plan", this::plan);
  }

  private void plan(ServerRequest request, ServerResponse response) {
    RequestLog.operation("PlanUpdate");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), false);
    String image = imageOf(received.body());
    UpdatePlan plan = updates.plan(caller.owner(), image);
    Optional<FixesView> fixes =
        plannedFixes.find(caller.owner(), image, plan).map(FixesView::folded);
    OwnAnswers.send(response, PlanView.of(image, plan).fixing(fixes));
  }

  private static String imageOf(byte[] body) {
    String image;
    try {
      image = OwnAnswers.json().readTree(body).path("image").asString("");
    } catch (JacksonException e) {
      image = "";
    }
    if (image.isEmpty()) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The body must be JSON such as {\"image\": \"NAME\"}.");
    }
    return image;
  }
}
