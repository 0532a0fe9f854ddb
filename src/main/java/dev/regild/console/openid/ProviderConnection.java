package dev.regild.console.openid;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.util.Resource;
import com.nimbusds.jose.util.ResourceRetriever;
import com.nimbusds.oauth2.sdk.http.HTTPRequest.Method;
import com.nimbusds.oauth2.sdk.http.HTTPRequestSender;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPRequest;
import com.nimbusds.oauth2.sdk.http.ReadOnlyHTTPResponse;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.HttpConnections;
import dev.regild.fetch.Route;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What this server asks the provider itself. An answer has a limit of size, and of time from the
 * first byte sent to the last one received; redirects are not followed.
 */
final class ProviderConnection implements HTTPRequestSender, ResourceRetriever {
  private static final int LARGEST = 512 << 10;

  private final HttpConnections connections;
  private final Route route;
  private final Duration limit;

  /**
   * @param environment says which proxies are used
   * @param authority the path of a PEM file; empty for the authorities that Java trusts
   */
  ProviderConnection(Map<String, String> environment, String authority, Duration limit) {
    this.connections = new HttpConnections(environment);
    this.route = new Route("", authority);
    this.limit = limit;
  }

  /** Returns a document. */
  @Override
  public Resource retrieveResource(URL url) throws IOException {
    return new Resource(document(URI.create(url.toString())), null);
  }

  /**
   * Returns a document.
   *
   * @throws IOException if there is none of that address
   */
  String document(URI uri) throws IOException {
    HttpResponse<String> answer = answer(HttpRequest.newBuilder(uri).GET());
    if (answer.statusCode() != 200) {
      throw new IOException("%s answers with status %d".formatted(uri, answer.statusCode()));
    }
    return answer.body();
  }

  @Override
  public ReadOnlyHTTPResponse send(ReadOnlyHTTPRequest request) throws IOException {
    HttpRequest.Builder asked = HttpRequest.newBuilder(request.getURI());
    request
        .getHeaderMap()
        .forEach((name, values) -> values.forEach(value -> asked.header(name, value)));
    String body = Optional.ofNullable(request.getBody()).orElse("");
    if (request.getMethod() == Method.POST) {
      asked.POST(BodyPublishers.ofString(body, UTF_8));
    }
    HttpResponse<String> answer = answer(asked);
    HTTPResponse copy = new HTTPResponse(answer.statusCode());
    for (String header : new String[] {"Content-Type", "WWW-Authenticate"}) {
      answer.headers().firstValue(header).ifPresent(value -> copy.setHeader(header, value));
    }
    copy.setBody(answer.body());
    return copy;
  }

  private HttpResponse<String> answer(HttpRequest.Builder request) throws IOException {
    CompletableFuture<HttpResponse<String>> answer =
        client()
            .sendAsync(
                request.header("Accept", "application/json").timeout(limit).build(),
                BodyHandlers.limiting(BodyHandlers.ofString(UTF_8), LARGEST));
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no answer arrived within %d s".formatted(limit.toSeconds()), e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the provider was asked");
    } finally {
      // Ends the exchange if nobody waits for it any more.
      var _ = answer.cancel(true);
    }
  }

  private HttpClient client() throws IOException {
    try {
      return connections.client(route);
    } catch (FetchException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
