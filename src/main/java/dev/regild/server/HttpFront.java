package dev.regild.server;

import dev.regild.api.ApiErrors;
import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpService;
import java.net.InetAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;

/** The HTTP server: routes, limits, one filter, one way to answer errors. */
final class HttpFront implements AutoCloseable {
  /** A disk is uploaded in one request; the 4 KiB of the server's default would throttle it. */
  private static final int SOCKET_BUFFER = 1 << 20;

  private final WebServer server;

  private HttpFront(WebServer server) {
    this.server = server;
  }

  /**
   * Starts to answer.
   *
   * @param audit gets a line for each call
   * @param grace how long requests may go on after {@link #close}
   * @throws ConfigException if the address can't be listened on
   */
  static HttpFront start(
      Config.Listen listen,
      Metrics metrics,
      AuditLog audit,
      List<HttpService> services,
      Duration grace)
      throws ConfigException {
    ErrorAnswers errors = new ErrorAnswers(new ApiErrors());
    HttpRouting.Builder routing =
        HttpRouting.builder()
            .addFilter(new ConnectionEnd())
            .addFilter(new RequestLog(metrics, audit))
            .addFilter((chain, request, _) -> {
              request.streamFilter(BodyStream::new);
              chain.proceed();
            })
            .error(Throwable.class, errors::answer)
            .register(services.toArray(HttpService[]::new));
    WebServer server =
        WebServer.builder()
            .address(address(listen))
            .port(listen.port())
            // The only selector: beside a second one, a connection that sends nothing holds up a
            // stop.
            .protocolsDiscoverServices(false)
            .addConnectionSelector(new HttpVersions())
            .routing(routing)
            .directHandlers(errors.directHandlers())
            .shutdownHook(false)
            .shutdownGracePeriod(grace)
            .putListenerSocketOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER)
            .connectionOptions(
                SocketOptions.builder()
                    .socketReceiveBufferSize(SOCKET_BUFFER)
                    .socketSendBufferSize(SOCKET_BUFFER)
                    .tcpNoDelay(true)
                    .build())
            .build()
            .start();
    if (!server.isRunning()) {
      throw new ConfigException(
          "listen is '%s:%d', which can't be listened on: is another server there?"
              .formatted(listen.host(), listen.port()));
    }
    return new HttpFront(server);
  }

  int port() {
    return server.port();
  }

  /** Takes no more connections, lets requests end for the time of grace, then cuts them off. */
  @Override
  public void close() {
    server.stop();
  }

  private static InetAddress address(Config.Listen listen) throws ConfigException {
    try {
      return InetAddress.getByName(listen.host());
    } catch (UnknownHostException e) {
      throw new ConfigException(
          "listen names '%s', which is no address of this machine".formatted(listen.host()), e);
    }
  }
}
