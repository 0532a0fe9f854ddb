package dev.regild.server.http;

import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.machine.systemd.InheritedListener;
import dev.regild.server.config.Config;
import dev.regild.server.config.ConfigException;
import dev.regild.server.telemetry.AuditLog;
import dev.regild.server.telemetry.Metrics;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.server.tls.ServerTls;
import io.helidon.common.socket.SocketOptions;
import io.helidon.http.Header;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.RoutingRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The HTTP server: routes, limits, one filter, one way to answer errors. */
public final class HttpFront implements AutoCloseable {
  /** A disk is uploaded in one request; the 4 KiB of the server's default would throttle it. */
  private static final int SOCKET_BUFFER = 1 << 20;

  /** More than any client sends; a head of the largest size could hold thousands. */
  private static final int MOST_HEADERS = 100;

  private static final Duration JUST_ACCEPTED = Duration.ofMillis(100);

  /** A client that has connected sends its request at once. */
  private static final Duration FIRST_REQUEST = Duration.ofMillis(500);

  private final WebServer server;
  private final Connections connections;
  private final Optional<InheritedListener> inherited;

  private HttpFront(
      WebServer server, Connections connections, Optional<InheritedListener> inherited) {
    this.inherited = inherited;
    this.server = server;
    this.connections = connections;
  }

  /**
   * Loads what an HTTP server consists of, without one: half of what {@link #start} takes. Another
   * thread can do this while the rest of a process starts.
   */
  public static void prepare() {
    WebServer.builder().routing(HttpRouting.builder()).shutdownHook(false).build();
  }

  /**
   * Starts to answer.
   *
   * @param tls how connections are encrypted; empty if they are not
   * @param limits what a client may take
   * @param audit gets a line for each call
   * @param grace how long requests may go on after {@link #close}
   * @throws ConfigException if the address can't be listened on
   */
  public static HttpFront start(
      Config.Listen listen,
      Optional<ServerTls> tls,
      Config.Http limits,
      Metrics metrics,
      AuditLog audit,
      List<HttpService> services,
      Duration grace)
      throws ConfigException {
    InetAddress address = address(listen);
    Optional<InheritedListener> inherited = inherited(listen);
    if (inherited.isEmpty()) {
      requireFree(listen, address);
    }
    ErrorAnswers errors = new ErrorAnswers(new ApiErrors());
    HttpRouting.Builder routing =
        HttpRouting.builder()
            .addFilter(new ConnectionEnd())
            .addFilter(new RequestLog(metrics, audit))
            .addFilter((chain, request, _) -> {
              requireFewHeaders(request);
              request.streamFilter(HttpFront::bodyStream);
              chain.proceed();
            })
            .error(Throwable.class, errors::answer)
            .register(services.toArray(HttpService[]::new));
    Connections connections = Connections.watched(limits, metrics);
    WebServer server =
        WebServer.builder()
            .address(address)
            .port(listen.port())
            // The only selector: beside a second one, a connection that sends nothing holds up a
            // stop.
            .protocolsDiscoverServices(false)
            .addConnectionSelector(new HttpVersions(connections, limits, tls))
            // Those past the limit are told so; past this one they wait until others were told.
            .maxTcpConnections(2 * limits.connections())
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
            .build();
    offer(inherited);
    server.start();
    if (!server.isRunning()) {
      connections.close();
      throw unusable(listen);
    }
    return new HttpFront(server, connections, inherited);
  }

  /** The socket that the process was given, if it is the one to listen on. */
  private static Optional<InheritedListener> inherited(Config.Listen listen)
      throws ConfigException {
    try {
      return InheritedListener.find().filter(it -> Config.Listen.of(it.address()).equals(listen));
    } catch (IOException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  private static void offer(Optional<InheritedListener> inherited) throws ConfigException {
    try {
      if (inherited.isPresent()) {
        inherited.get().offer();
      }
    } catch (IOException e) {
      throw new ConfigException("cannot accept connections of the given socket: " + e, e);
    }
  }

  /** Tried before the HTTP server does, which would write its failure's trace into the log. */
  private static void requireFree(Config.Listen listen, InetAddress address)
      throws ConfigException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(address, listen.port()));
    } catch (IOException e) {
      throw unusable(listen);
    }
  }

  private static ConfigException unusable(Config.Listen listen) {
    return new ConfigException(
        "cannot listen on %s:%d: is the port in use?".formatted(listen.host(), listen.port()));
  }

  public int port() {
    return server.port();
  }

  /** Whether it accepts connections. */
  public boolean isRunning() {
    return server.isRunning();
  }

  /** Takes no more connections, lets requests end for the time of grace, then cuts them off. */
  @Override
  public void close() {
    inherited.ifPresent(this::leaveTheRest);
    server.stop();
    connections.close();
  }

  /** Those accepted last are answered; the others wait for the next process. */
  private void leaveTheRest(InheritedListener listener) {
    listener.pause();
    try {
      connections.awaitRequests(JUST_ACCEPTED, FIRST_REQUEST);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void requireFewHeaders(RoutingRequest request) {
    int count = request.headers().stream().mapToInt(Header::valueCount).sum();
    if (count > MOST_HEADERS) {
      throw new ApiException(
          ErrorType.SERIALIZATION, "The request has more than %d headers.".formatted(MOST_HEADERS));
    }
  }

  private static BodyStream bodyStream(InputStream in) {
    return new BodyStream(
        in, () -> GuardedConnection.current().ifPresent(it -> it.reader().pieceBegins()));
  }

  private static InetAddress address(Config.Listen listen) throws ConfigException {
    try {
      return InetAddress.getByName(listen.host());
    } catch (UnknownHostException e) {
      throw new ConfigException(
          "listen is '%s', which is not an address of this machine".formatted(listen.host()), e);
    }
  }
}
