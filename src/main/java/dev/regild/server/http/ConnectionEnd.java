package dev.regild.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;

/**
 * Tells a connection where a request begins and ends, and ends it after an answer that says so; the
 * server itself only says it. What may follow on such a connection, like the rest of a body that
 * was refused, must not be read as a request.
 */
final class ConnectionEnd implements Filter {
  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    GuardedConnection.current().ifPresent(GuardedConnection::requestBegins);
    // A body may be large, or never end: nobody reads it only to throw it away.
    response.beforeSend(() -> {
      if (!request.content().consumed()) {
        response.header(HeaderValues.CONNECTION_CLOSE);
      }
    });
    try {
      chain.proceed();
    } finally {
      GuardedConnection.current().ifPresent(it -> it.requestEnds(isStillSending(request)));
    }
    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)
        || response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      throw new CloseConnectionException("the response announced the end of the connection");
    }
  }

  /** One who has asked whether to send the body, and was not told to, does not send it. */
  private static boolean isStillSending(RoutingRequest request) {
    boolean waits = request.headers().contains(HeaderNames.EXPECT) && !request.continueSent();
    return !waits && !request.content().consumed();
  }
}
