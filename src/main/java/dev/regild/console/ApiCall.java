package dev.regild.console;

import dev.regild.api.AppStreamProtocol;
import dev.regild.api.Caller;
import dev.regild.api.MentionedResources;
import dev.regild.api.operation.AppStreamOperations;
import dev.regild.api.operation.ImageServices;
import dev.regild.console.view.Commands;
import dev.regild.plan.UpdateOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A call of the API that a page makes for whoever is logged in. It goes through the protocol's own
 * operations: what it asks for is validated, permitted, limited and refused as a client's call is.
 *
 * @param operation the name of the operation
 * @param request its members, in the order in which commands show them
 * @param options what an update may do beside what the operation has members for
 */
record ApiCall(String operation, Map<String, Object> request, UpdateOptions options) {
  private static final JsonMapper JSON = JsonMapper.shared();

  ApiCall {
    request = new LinkedHashMap<>(request);
  }

  static ApiCall of(String operation, Map<String, Object> request) {
    return new ApiCall(operation, request, UpdateOptions.NONE);
  }

  /** Makes calls. */
  static final class Api {
    private final RequestGuard guard;
    private final ImageServices services;
    private final AppStreamProtocol all;

    Api(RequestGuard guard, ImageServices services) {
      this.guard = guard;
      this.services = services;
      this.all = AppStreamOperations.serving(services);
    }

    /**
     * The same as commands.
     *
     * @param regild our own command; empty if it has none for this
     */
    Commands commands(Visit visit, ApiCall call, String regild) {
      return Commands.of(
          call.operation,
          call.request,
          visit.origin(),
          visit.caller().owner().region(),
          regild.isEmpty() ? "" : regild + " --endpoint " + Commands.quoted(visit.origin()));
    }

    /**
     * Makes a call, and has the audit name it.
     *
     * @return its answer
     * @throws dev.regild.api.ApiException if it is refused
     */
    JsonNode call(Visit visit, ApiCall call) {
      Caller caller = visit.caller();
      byte[] body = JSON.writeValueAsBytes(call.request);
      guard.operation(call.operation);
      guard.resources(visit.request(), MentionedResources.in(body));
      AppStreamProtocol protocol =
          call.options.equals(UpdateOptions.NONE)
              ? all
              : AppStreamOperations.updating(services, call.options);
      return JSON.readTree(
          protocol.answer(
              caller,
              AppStreamProtocol.target(call.operation),
              AppStreamProtocol.CONTENT_TYPE,
              body));
    }
  }
}
