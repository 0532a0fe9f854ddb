package dev.regild.server;

import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;
import dev.regild.api.AppStreamProtocol;
import dev.regild.api.ErrorType;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import java.util.UUID;

/** Writes every error: of the AWS protocol at the root, of our own endpoints everywhere else. */
final class ErrorAnswers {
  private final ApiErrors errors;

  ErrorAnswers(ApiErrors errors) {
    this.errors = errors;
  }

  void answer(ServerRequest request, ServerResponse response, Throwable thrown) {
    ApiException error =
        thrown instanceof HttpException http
            ? ofServer(http.status())
            : errors.errorFor(thrown, RequestLog.requestId());
    boolean aws = request.prologue().uriPath().rawPath().equals("/");
    response
        .status(aws ? Status.create(error.type().status()) : ownStatus(error.type()))
        .header(RequestLog.REQUEST_ID, RequestLog.requestId())
        .header(RequestLog.ERROR_TYPE, error.type().wireName())
        .header(
            HeaderNames.CONTENT_TYPE, aws ? AppStreamProtocol.CONTENT_TYPE : "application/json");
    if (!request.content().consumed()) {
      // What is left of the body may be large; nobody wants to read it only to throw it away.
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
    response.send(aws ? errors.body(error) : errors.ownBody(error));
  }

  /** Answers for what is no HTTP request that could be routed. */
  DirectHandlers directHandlers() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(
          type,
          (_, _, status, headers, _) -> {
            ApiException error = ofServer(status);
            headers.set(RequestLog.REQUEST_ID, UUID.randomUUID().toString());
            headers.set(RequestLog.ERROR_TYPE, error.type().wireName());
            headers.set(HeaderValues.CONTENT_TYPE_JSON);
            return DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .entity(errors.body(error))
                .build();
          });
    }
    return handlers.build();
  }

  private static ApiException ofServer(Status status) {
    return switch (status.code()) {
      case 404 -> new ApiException(ErrorType.RESOURCE_NOT_FOUND, "There is nothing at this path.");
      case 405 ->
          new ApiException(
              ErrorType.UNKNOWN_OPERATION, "This path doesn't know the request's method.");
      case 413 -> new ApiException(ErrorType.REQUEST_ENTITY_TOO_LARGE, "The request is too large.");
      case 503 ->
          new ApiException(ErrorType.SERVICE_UNAVAILABLE, "The server is busy; try again later.");
      case 500 -> new ApiException(ErrorType.INTERNAL_FAILURE, "The request failed in the server.");
      default ->
          new ApiException(
              ErrorType.SERIALIZATION,
              "The request is no well-formed request of HTTP/1.0 or HTTP/1.1.");
    };
  }

  /** Our own endpoints say with the status, too, that there is no such thing. */
  private static Status ownStatus(ErrorType type) {
    return Optional.of(type)
        .filter(ErrorType.RESOURCE_NOT_FOUND::equals)
        .map(_ -> Status.NOT_FOUND_404)
        .orElseGet(() -> Status.create(type.status()));
  }
}
