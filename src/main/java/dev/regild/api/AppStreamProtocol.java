package dev.regild.api;

import dev.regild.api.ServiceModel.OperationModel;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;

/** AWS JSON 1.1: one request in, one answer out; it knows nothing of HTTP but three values. */
public final class AppStreamProtocol {
  /** The content type of every request and answer. */
  public static final String CONTENT_TYPE = "application/x-amz-json-1.1";

  private static final String TARGET_PREFIX = "PhotonAdminProxyService.";

  private final WireJson wire = new WireJson();
  private final RequestShape requestShape;
  private final Constraints constraints;
  private final Map<String, Served<?>> operations;

  /**
   * An operation with all that a request of it needs.
   *
   * @param reader makes the operation's request
   */
  private record Served<I>(Operation<I> operation, OperationModel facts, ObjectReader reader) {}

  /** Serves these operations alone. */
  public AppStreamProtocol(ServiceModel model, List<Operation<?>> operations) {
    this.requestShape = new RequestShape(model);
    this.constraints = new Constraints(model);
    this.operations =
        operations.stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Operation::name, operation -> served(operation, model)));
  }

  private <I> Served<I> served(Operation<I> operation, ServiceModel model) {
    return new Served<>(
        operation,
        model.operation(operation.name()).orElseThrow(),
        wire.readerOfRequests(operation));
  }

  /** The target of an operation. */
  public static String target(String operation) {
    return TARGET_PREFIX + operation;
  }

  /**
   * The name of the operation that a target asks for, if this server has it; fit for logs and
   * metrics.
   */
  public Optional<String> operationOf(String target) {
    return target.startsWith(TARGET_PREFIX)
        ? Optional.ofNullable(operations.get(target.substring(TARGET_PREFIX.length())))
            .map(served -> served.operation.name())
        : Optional.empty();
  }

  /**
   * Answers one request.
   *
   * @param target the header {@code X-Amz-Target}, empty if absent
   * @param contentType the header {@code Content-Type}, empty if absent
   * @return the body of the answer
   * @throws ApiException if the request can't be read, breaks a constraint, or is refused
   */
  public byte[] answer(Caller caller, String target, String contentType, byte[] body) {
    String name =
        operationOf(target)
            .orElseThrow(() -> new ApiException(ErrorType.UNKNOWN_OPERATION, unknown(target)));
    if (!contentType.toLowerCase(Locale.ROOT).split(";", 2)[0].strip().equals(CONTENT_TYPE)) {
      throw new ApiException(
          ErrorType.UNKNOWN_OPERATION,
          "The Content-Type must be %s, not '%s'.".formatted(CONTENT_TYPE, contentType));
    }
    return answer(Optional.ofNullable(operations.get(name)).orElseThrow(), caller, body);
  }

  private <I> byte[] answer(Served<I> served, Caller caller, byte[] body) {
    OperationModel facts = served.facts;
    String suspension = ErrorType.INVALID_ACCOUNT_STATUS.wireName();
    caller.requireActiveAccount(
        facts.errors().contains(suspension)
            ? ErrorType.INVALID_ACCOUNT_STATUS
            : ErrorType.ACCESS_DENIED);
    JsonNode json = wire.read(body);
    requestShape.check(facts.input(), json);
    constraints.check(facts.input(), json);
    I request = served.reader.readValue(json);
    caller.requirePermission(served.operation.changes(request));
    return wire.write(served.operation.answer(caller, request));
  }

  private static String unknown(String target) {
    return target.isEmpty()
        ? "The header X-Amz-Target, which names the operation, is missing."
        : "Unknown operation '%s': Regild serves images only.".formatted(target);
  }
}
