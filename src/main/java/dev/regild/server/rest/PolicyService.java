package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.image.Owner;
import dev.regild.policy.file.PolicyChange;
import dev.regild.policy.file.PolicyDocument;
import dev.regild.policy.file.PolicyFile;
import dev.regild.policy.file.PolicyFiles;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** {@code /regild/v1/policies}: policies as files. */
public record PolicyService(Requests requests, Policies policies) implements HttpService {

  private record ChangeView(
      String act,
      String kind,
      String name,
      Optional<Map<String, Object>> before,
      Optional<Map<String, Object>> after) {
    private static ChangeView of(PolicyChange change) {
      return new ChangeView(
          change.act().name(), change.kind(), change.name(), change.before(), change.after());
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/policies", this::export);
    rules.post("/regild/v1/policies/diff", (req, res) -> compare(req, res, false));
    rules.post("/regild/v1/policies/apply", (req, res) -> compare(req, res, true));
  }

  private void export(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ExportPolicies");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(response, Map.of("yaml", policies.files().export(owner)));
  }

  private void compare(ServerRequest request, ServerResponse response, boolean apply) {
    RequestLog.operation(apply ? "ApplyPolicies" : "ComparePolicies");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), apply);
    PolicyBody body = PolicyBody.of(received.body());
    boolean prune = body.json().path("prune").asBoolean(false);
    PolicyFiles files = policies.files();
    List<PolicyChange> changes =
        PolicyErrors.checked(() -> {
          List<PolicyDocument> documents = files.read(files(body));
          Set<String> names = new LinkedHashSet<>();
          documents.forEach(it -> names.add(it.kind() + " " + it.name()));
          RequestLog.resources(request, List.copyOf(names));
          if (!apply) {
            return files.diff(caller.owner(), documents, prune);
          }
          List<PolicyChange> changed = files.apply(caller.owner(), documents, prune);
          // The audit log also names those that were removed because no document has them.
          changed.forEach(it -> names.add(it.kind() + " " + it.name()));
          RequestLog.resources(request, List.copyOf(names));
          return changed;
        });
    OwnAnswers.send(response, Map.of("changes", changes.stream().map(ChangeView::of).toList()));
  }

  /** The texts of several files, or one text. */
  private static List<PolicyFile> files(PolicyBody body) {
    JsonNode files = body.json().path("files");
    if (files.isMissingNode()) {
      return List.of(new PolicyFile("", body.text("yaml")));
    }
    List<PolicyFile> read = new ArrayList<>();
    for (JsonNode each : files) {
      if (!each.path("name").isString() || !each.path("yaml").isString()) {
        throw new ApiException(
            ErrorType.VALIDATION, "An element of files has no text 'name' or 'yaml'. Add it.");
      }
      read.add(new PolicyFile(each.path("name").asString(), each.path("yaml").asString()));
    }
    return read;
  }
}
