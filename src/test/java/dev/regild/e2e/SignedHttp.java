package dev.regild.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.api.SigV4;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls of a server's own endpoints, signed by the AWS SDK. */
final class SignedHttp {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI endpoint;
  private final AwsCredentialsIdentity key;
  private final String region;

  SignedHttp(URI endpoint, AwsCredentialsIdentity key, String region) {
    this.endpoint = endpoint;
    this.key = key;
    this.region = region;
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    return send(signed("GET", path, ContentStreamProvider.fromUtf8String("")).GET());
  }

  JsonNode post(String path, String body) throws IOException, InterruptedException {
    byte[] bytes = body.getBytes(UTF_8);
    return send(
        signed("POST", path, ContentStreamProvider.fromByteArray(bytes))
            .POST(BodyPublishers.ofByteArray(bytes)));
  }

  JsonNode post(String path, Path file) throws IOException, InterruptedException {
    ContentStreamProvider content =
        ContentStreamProvider.fromInputStreamSupplier(() -> {
          try {
            return Files.newInputStream(file);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return send(signed("POST", path, content).POST(BodyPublishers.ofFile(file)));
  }

  /** The lines of server-sent events, until the server ends them. */
  Stream<String> events(String path) throws IOException, InterruptedException {
    HttpRequest request =
        signed("GET", path, ContentStreamProvider.fromUtf8String(""))
            .header("Accept", "text/event-stream")
            .build();
    return http.send(request, BodyHandlers.ofLines()).body();
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(answer + ": " + answer.body());
    }
    return JSON.readTree(answer.body());
  }

  private HttpRequest.Builder signed(String method, String path, ContentStreamProvider payload) {
    URI uri = endpoint.resolve(path);
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(r ->
                r.identity(key)
                    .request(
                        SdkHttpRequest.builder()
                            .method(SdkHttpMethod.fromValue(method))
                            .uri(uri)
                            .build())
                    .payload(payload)
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SigV4.SERVICE))
            .request();
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    signed
        .headers()
        .forEach((name, values) -> {
          if (!name.equalsIgnoreCase("host")) {
            request.header(name, values.getFirst());
          }
        });
    return request;
  }
}
