package dev.regild.cli.client;

import dev.regild.cli.terminal.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.utils.StringInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client of a running server: the AppStream protocol, and the server's own endpoints. */
public final class ApiClient {
  /** Times of the protocol are decimal numbers; a double would show them with an exponent. */
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private static final Duration ANSWER_LIMIT = Duration.ofMinutes(2);

  private final URI endpoint;
  private final String region;
  private final AwsCredentialsIdentity credentials;
  private final HttpClient http;

  /**
   * @param trust the certificates that a server may show; empty for those that Java trusts
   */
  public ApiClient(
      URI endpoint, String region, AwsCredentialsIdentity credentials, Optional<SSLContext> trust) {
    this.endpoint = endpoint;
    this.region = region;
    this.credentials = credentials;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10));
    trust.ifPresent(builder::sslContext);
    this.http = builder.build();
  }

  /** Calls an operation of the AppStream protocol. */
  public JsonNode call(String operation, Map<String, ?> request)
      throws ServerRefusalException, IOException, InterruptedException {
    String body = JSON.writeValueAsString(request);
    Map<String, String> headers =
        Map.of(
            "Content-Type",
            "application/x-amz-json-1.1",
            "X-Amz-Target",
            "PhotonAdminProxyService." + operation);
    HttpRequest.Builder builder = signed("POST", "/", headers, body);
    return json(send(builder.POST(BodyPublishers.ofString(body)), BodyHandlers.ofInputStream()));
  }

  /** Gets one of the server's own resources. */
  public JsonNode get(String path)
      throws ServerRefusalException, IOException, InterruptedException {
    return json(send(signed("GET", path, Map.of(), "").GET(), BodyHandlers.ofInputStream()));
  }

  /** Deletes one of the server's own resources. */
  public void delete(String path) throws ServerRefusalException, IOException, InterruptedException {
    HttpResponse<InputStream> response =
        send(signed("DELETE", path, Map.of(), "").DELETE(), BodyHandlers.ofInputStream());
    if (response.statusCode() / 100 != 2) {
      throw refusal(response);
    }
    response.body().close();
  }

  /** Posts JSON to one of the server's own endpoints. */
  public JsonNode post(String path, Map<String, ?> request)
      throws ServerRefusalException, IOException, InterruptedException {
    String body = JSON.writeValueAsString(request);
    Map<String, String> headers = Map.of("Content-Type", "application/json");
    HttpRequest.Builder builder = signed("POST", path, headers, body);
    return json(send(builder.POST(BodyPublishers.ofString(body)), BodyHandlers.ofInputStream()));
  }

  /** Posts JSON to one of the server's own endpoints that answers with nothing. */
  public void submit(String path, Map<String, ?> request)
      throws ServerRefusalException, IOException, InterruptedException {
    String body = JSON.writeValueAsString(request);
    Map<String, String> headers = Map.of("Content-Type", "application/json");
    HttpRequest.Builder builder = signed("POST", path, headers, body);
    HttpResponse<InputStream> response =
        send(builder.POST(BodyPublishers.ofString(body)), BodyHandlers.ofInputStream());
    if (response.statusCode() / 100 != 2) {
      throw refusal(response);
    }
    response.body().close();
  }

  /**
   * Sends a stream whose content is not part of the signature; its size is known. A refusal comes
   * before the content is sent: HttpClient reads no answer until it has sent everything, and a
   * proxy without a server takes nothing.
   */
  JsonNode upload(String path, BodyPublisher content)
      throws ServerRefusalException, IOException, InterruptedException {
    HttpRequest.Builder builder =
        unsignedBody("POST", path)
            .header("Content-Type", "application/octet-stream")
            .POST(content)
            .expectContinue(content.contentLength() != 0)
            .timeout(Duration.ofDays(1));
    return json(send(builder, BodyHandlers.ofInputStream()));
  }

  /** Appends a stream whose content is not part of the signature; refused as an upload is. */
  JsonNode append(String path, BodyPublisher content)
      throws ServerRefusalException, IOException, InterruptedException {
    HttpRequest.Builder builder =
        unsignedBody("PATCH", path)
            .header("Content-Type", "application/octet-stream")
            .method("PATCH", content)
            .expectContinue(content.contentLength() != 0)
            .timeout(Duration.ofDays(1));
    return json(send(builder, BodyHandlers.ofInputStream()));
  }

  /** Opens a stream of the server's; the caller closes it. */
  public HttpResponse<InputStream> open(String path)
      throws ServerRefusalException, IOException, InterruptedException {
    HttpRequest.Builder builder =
        signed("GET", path, Map.of(), "").GET().timeout(Duration.ofDays(1));
    HttpResponse<InputStream> response = send(builder, BodyHandlers.ofInputStream());
    if (response.statusCode() / 100 != 2) {
      throw refusal(response);
    }
    return response;
  }

  /** A path's segment as it stands in a URI. */
  public static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** The segment of a path that names an image, by its name or by an alias. */
  public static String image(String name) {
    return segment(name.replace('/', ':'));
  }

  private <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    try {
      return http.send(request.build(), handler);
    } catch (ConnectException e) {
      throw new IOException(
          "No server answers at " + endpoint + ". Start one with: ./regild serve", e);
    } catch (SSLHandshakeException e) {
      throw new IOException(
          "The certificate of %s is not accepted (%s). Name a PEM file with it or its issuers': --ca FILE"
              .formatted(endpoint, e.getMessage()),
          e);
    } catch (SSLException e) {
      throw new IOException(
          "TLS with %s failed (%s). If the server does not use TLS, write http:// before its address"
              .formatted(endpoint, e.getMessage()),
          e);
    }
  }

  private static JsonNode json(HttpResponse<InputStream> response)
      throws ServerRefusalException, IOException {
    if (response.statusCode() / 100 != 2) {
      throw refusal(response);
    }
    try (InputStream body = response.body()) {
      return Printable.json(JSON.readTree(body));
    } catch (JacksonException e) {
      throw new IOException("The server's response is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static ServerRefusalException refusal(HttpResponse<InputStream> response)
      throws IOException {
    try (InputStream body = response.body()) {
      JsonNode error = Printable.json(JSON.readTree(body));
      String message = error.path("Message").asString(error.path("message").asString(""));
      return new ServerRefusalException(
          error.path("__type").asString("HTTP status " + response.statusCode()), message);
    } catch (JacksonException e) {
      return new ServerRefusalException("HTTP status " + response.statusCode(), "");
    }
  }

  private HttpRequest.Builder signed(
      String method, String path, Map<String, String> headers, String body) {
    SdkHttpRequest.Builder unsigned = unsigned(method, path, endpoint.getScheme()).toBuilder();
    headers.forEach(unsigned::putHeader);
    SdkHttpRequest request = unsigned.build();
    return builder(
        path,
        AwsV4HttpSigner.create()
            .sign(sign ->
                sign.identity(credentials)
                    .request(request)
                    .payload(() -> new StringInputStream(body))
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "appstream")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region))
            .request());
  }

  private HttpRequest.Builder unsignedBody(String method, String path) {
    // The signer leaves a body out of a signature only where the scheme is https; the scheme is no
    // part of a signature itself.
    SdkHttpRequest request = unsigned(method, path, "https");
    return builder(
        path,
        AwsV4HttpSigner.create()
            .sign(sign ->
                sign.identity(credentials)
                    .request(request)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "appstream")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                    .putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, false))
            .request());
  }

  private SdkHttpRequest unsigned(String method, String path, String scheme) {
    URI uri = URI.create(endpoint.toString().replaceAll("/+$", "") + path);
    String authority = uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
    return SdkHttpFullRequest.builder()
        .uri(URI.create(scheme + uri.toString().substring(uri.getScheme().length())))
        .method(SdkHttpMethod.fromValue(method))
        .putHeader("Host", authority)
        .build();
  }

  private HttpRequest.Builder builder(String path, SdkHttpRequest signed) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(endpoint.toString().replaceAll("/+$", "") + path))
            .timeout(ANSWER_LIMIT);
    for (Map.Entry<String, List<String>> header : signed.headers().entrySet()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!name.equals("host") && !name.equals("content-length")) {
        header.getValue().forEach(value -> builder.header(name, value));
      }
    }
    return builder;
  }
}
