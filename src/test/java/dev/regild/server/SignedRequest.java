package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.AccessKey;
import dev.regild.api.SigV4;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** A request of the protocol as it goes over the wire, signed by the AWS SDK's public signer. */
public final class SignedRequest {
  private final String query;
  private final List<String> head;
  private final byte[] body;

  /** With lines of headers that a test may have changed since they were signed. */
  public SignedRequest(String query, List<String> head, byte[] body) {
    this.query = query;
    this.head = List.copyOf(head);
    this.body = body.clone();
  }

  /** What is signed; the rest is a call of one operation. */
  record Terms(AccessKey key, String region, String service, Duration skew, String query) {
    public static Terms of(AccessKey key) {
      return new Terms(key, "us-east-1", SigV4.SERVICE, Duration.ZERO, "");
    }
  }

  public static SignedRequest of(AccessKey key, String operation, String body) {
    return of(Terms.of(key), operation, body.getBytes(UTF_8), Map.of());
  }

  public static SignedRequest of(
      Terms terms, String operation, byte[] body, Map<String, List<String>> moreHeaders) {
    Map<String, List<String>> headers = new LinkedHashMap<>(moreHeaders);
    headers.putIfAbsent("Content-Type", List.of("application/x-amz-json-1.1"));
    headers.put("X-Amz-Target", List.of("PhotonAdminProxyService." + operation));
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(r ->
                r.identity(AwsCredentialsIdentity.create(terms.key.id(), terms.key.secret()))
                    .request(
                        SdkHttpRequest.builder()
                            .method(SdkHttpMethod.POST)
                            .uri(URI.create("http://localhost/" + terms.query))
                            .headers(headers)
                            .build())
                    .payload(ContentStreamProvider.fromByteArray(body))
                    .putProperty(AwsV4HttpSigner.REGION_NAME, terms.region)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, terms.service)
                    .putProperty(
                        AwsV4HttpSigner.SIGNING_CLOCK, Clock.offset(Clock.systemUTC(), terms.skew)))
            .request();
    List<String> head = new ArrayList<>();
    signed
        .headers()
        .forEach((name, values) -> values.forEach(value -> head.add(name + ": " + value)));
    return new SignedRequest(terms.query, head, body);
  }

  SignedRequest with(String header) {
    List<String> more = new ArrayList<>(head);
    more.add(header);
    return new SignedRequest(query, more, body);
  }

  public List<String> head() {
    return head;
  }

  public byte[] body() {
    return body.clone();
  }

  public byte[] bytes() {
    byte[] start = start("HTTP/1.1", "Content-Length: " + body.length);
    byte[] all = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    return all;
  }

  /** All that comes before the body. */
  public byte[] start(String version, String lengthHeader) {
    return "POST /%s %s\r\n%s\r\n%s\r\n\r\n"
        .formatted(query, version, String.join("\r\n", head), lengthHeader)
        .getBytes(UTF_8);
  }
}
