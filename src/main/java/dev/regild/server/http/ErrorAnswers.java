package dev.regild.server.http;

import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;
import dev.regild.api.AppStreamProtocol;
import dev.regild.api.ErrorType;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import java.util.UUID;

/** Writes every error: of the AWS protocol at the root, of our own endpoints everywhere else. */
record ErrorAnswers(ApiErrors errors) {

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
    retryAfter(error.type()).ifPresent(s -> response.header(HeaderNames.RETRY_AFTER, s));
    try {
      response.send(aws ? errors.body(error) : errors.ownBody(error));
    } catch (ServerConnectionException e) {
      // The client is gone. That is not a failure, and clients could fill a log of it.
      GuardedConnection.current().ifPresent(GuardedConnection::end);
    }
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
            headers.set(HeaderNames.SERVER, RequestLog.SERVER);
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
      case 404 -> new ApiException(ErrorType.RESOURCE_NOT_FOUND, "This path does not exist.");
      case 405 ->
          new ApiException(
              ErrorType.UNKNOWN_OPERATION, "This path does not support the request's method.");
      case 413 -> new ApiException(ErrorType.REQUEST_ENTITY_TOO_LARGE, "The request is too large.");
      case 503 ->
          new ApiException(ErrorType.SERVICE_UNAVAILABLE, "The server is busy; try again later.");
      case 500 ->
          new ApiException(
              ErrorType.INTERNAL_FAILURE, "The request failed because of an error in the server.");
      default ->
          new ApiException(
              ErrorType.SERIALIZATION, "The request is not well-formed HTTP/1.0 or HTTP/1.1.");
    };
  }

  /** In seconds; only for what passes by itself. */
  private static Optional<String> retryAfter(ErrorType type) {
    return type == ErrorType.THROTTLING || type == ErrorType.SERVICE_UNAVAILABLE
        ? Optional.of("5")
        : Optional.empty();
  }

  /** Our own endpoints say more with the status: that there is no such thing, or too many calls. */
  private static Status ownStatus(ErrorType type) {
    return switch (type) {
      case RESOURCE_NOT_FOUND -> Status.NOT_FOUND_404;
      case THROTTLING -> Status.TOO_MANY_REQUESTS_429;
      default -> Status.create(type.status());
    };
  }
}
