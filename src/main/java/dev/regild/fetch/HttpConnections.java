package dev.regild.fetch;

import dev.regild.files.FileStamp;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.KeyManager;

/**
 * The HTTP clients, one for each way to a server: they keep its connections. Each is made with the
 * first request, since to set up TLS takes a tenth of a server's start.
 */
public final class HttpConnections {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(20);

  private final Map<String, String> environment;
  private final ConcurrentMap<Way, HttpClient> clients = new ConcurrentHashMap<>();

  /**
   * @param environment says which proxies are used, as curl reads it
   */
  public HttpConnections(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * One way.
   *
   * @param authority the state of the route's file of authorities, which may be replaced
   * @param identity what is shown to the server; empty for nothing
   */
  private record Way(
      Route route,
      Optional<FileStamp> authority,
      Optional<ClientIdentity> identity,
      HttpClient.Redirect redirects) {}

  /**
   * The client for a route, which follows no redirects.
   *
   * @throws FetchException if the route's authorities can't be read
   */
  public HttpClient client(Route route) throws FetchException {
    return client(route, Optional.empty(), HttpClient.Redirect.NEVER);
  }

  /**
   * The client for a route.
   *
   * @param identity what is shown to the server
   * @throws FetchException if the route's authorities can't be read
   */
  HttpClient client(Route route, Optional<ClientIdentity> identity, HttpClient.Redirect redirects)
      throws FetchException {
    Optional<FileStamp> authority = Optional.empty();
    if (!route.authority().isEmpty()) {
      try {
        authority = FileStamp.of(Path.of(route.authority()));
      } catch (IOException e) {
        throw unusable(route, e);
      }
    }
    Way way = new Way(route, authority, identity, redirects);
    HttpClient known = clients.get(way);
    if (known != null) {
      return known;
    }
    HttpClient made = made(way);
    clients
        .keySet()
        .removeIf(old ->
            old.route().equals(route)
                && old.redirects() == redirects
                && old.identity().equals(identity));
    clients.put(way, made);
    return made;
  }

  private HttpClient made(Way way) throws FetchException {
    Route route = way.route();
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            // Plain http is never upgraded: mirrors gain nothing, and some proxies choke on it.
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(way.redirects())
            .connectTimeout(CONNECT_LIMIT)
            .proxy(proxies(route));
    Optional<List<X509Certificate>> authorities = Optional.empty();
    if (!route.authority().isEmpty()) {
      authorities = Optional.of(PemFile.read(Path.of(route.authority())).certificates());
    }
    try {
      if (way.identity().isPresent()) {
        builder.sslContext(way.identity().get().context(authorities));
      } else if (authorities.isPresent()) {
        builder.sslContext(TlsContext.of(new KeyManager[0], authorities));
      }
    } catch (GeneralSecurityException | IOException e) {
      throw unusable(route, e);
    }
    return builder.build();
  }

  /**
   * The proxy that a URI is asked through; empty if it is asked directly.
   *
   * @throws FetchException if the environment names one that can't be used
   */
  Optional<ProxyAddress> proxy(Route route, URI uri) throws FetchException {
    try {
      return proxies(route).of(uri);
    } catch (IllegalArgumentException e) {
      throw new FetchException(uri + " can't be read: " + e.getMessage(), e);
    }
  }

  private Proxies proxies(Route route) {
    return new Proxies(route.proxy(), environment);
  }

  private static FetchException unusable(Route route, Exception e) {
    return new FetchException(
        "the authorities in %s can't be used (%s); correct ca-cert"
            .formatted(route.authority(), e.getMessage()),
        e);
  }
}
