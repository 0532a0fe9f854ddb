package dev.regild.api;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.internal.signer.V4Properties;
import software.amazon.awssdk.http.auth.aws.internal.signer.V4RequestSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * The signature that a request should have. The AWS SDK computes it, so the canonical form is that
 * of the clients.
 *
 * <p>This uses the signer beneath {@code AwsV4HttpSigner}, which always signs the header {@code
 * x-amz-content-sha256}; botocore and other clients do not send that header to JSON services. It
 * signs exactly the given headers, and keeps the derived keys.
 */
final class RequestSignature {
  private final HttpCall call;
  private final List<String> signedHeaders;
  private final Instant signedAt;

  RequestSignature(HttpCall call, List<String> signedHeaders, Instant signedAt) {
    this.call = call;
    this.signedHeaders = signedHeaders;
    this.signedAt = signedAt;
  }

  /**
   * Lower-case hexadecimal.
   *
   * @throws ApiException InvalidSignatureException if the path or the query is malformed
   */
  String of(CredentialScope scope, String secret, String payloadHash) {
    try {
      V4Properties properties =
          V4Properties.builder()
              .credentials(AwsCredentialsIdentity.create(scope.accessKeyId(), secret))
              .credentialScope(
                  new software.amazon.awssdk.http.auth.aws.internal.signer.CredentialScope(
                      scope.region(), scope.service(), signedAt))
              .signingClock(Clock.fixed(signedAt, ZoneOffset.UTC))
              .doubleUrlEncode(true)
              .normalizePath(true)
              .build();
      return V4RequestSigner.create(properties, payloadHash).sign(request()).getSignature();
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          ErrorType.INVALID_SIGNATURE, "The request's path or query is malformed.");
    }
  }

  private SdkHttpRequest.Builder request() {
    // The signature does not cover protocol and host beyond the header Host; the builder asks for
    // them nevertheless.
    SdkHttpRequest.Builder request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(call.method()))
            .protocol("http")
            .host("localhost")
            .encodedPath(call.path())
            .rawQueryParameters(query());
    for (String name : signedHeaders) {
      request.putHeader(name, call.headers().getOrDefault(name, List.of()));
    }
    return request;
  }

  private Map<String, List<String>> query() {
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    if (call.query().isEmpty()) {
      return parameters;
    }
    for (String parameter : call.query().split("&", -1)) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      String value = equals < 0 ? "" : parameter.substring(equals + 1);
      parameters.computeIfAbsent(decoded(name), _ -> new ArrayList<>()).add(decoded(value));
    }
    return parameters;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
