package dev.regild.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.image.Owner;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** Signed by the AWS SDK's public signer, verified by ours, and tampered with in every part. */
class SigV4Test {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final Account ACCOUNT =
      new Account("123456789012", "default", Account.Status.ACTIVE, NOW);
  private static final AccessKey KEY = AccessKey.generate(ACCOUNT, false);
  private static final byte[] BODY = "{\"Names\":[\"golden\"]}".getBytes(UTF_8);

  @Test
  void aRequestOfTheSdkIsAccepted() {
    assertThat(verify(sign(NOW, "us-east-1"), BODY))
        .isEqualTo(new Caller(new Owner("123456789012", "us-east-1"), KEY.id(), false, false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"eu-central-1", "us-gov-west-1", "cn-north-1", "eu-isoe-west-1", "mx-central-1"})
  void everyWellFormedRegionIsServed(String region) {
    assertThat(verify(sign(NOW, region), BODY).owner().region()).isEqualTo(region);
  }

  @Test
  void pathsAndQueriesOfOurOwnEndpointsAreAccepted() {
    HttpCall call =
        sign(
            KEY,
            SdkHttpMethod.GET,
            "http://localhost:8790/regild/v1/images/a%20b%2Fc/disk?format=raw&b=%C3%A9&a=&a=1",
            new byte[0],
            NOW,
            "us-east-1",
            SigV4.SERVICE);
    assertThat(verify(call, new byte[0]).owner().accountId()).isEqualTo("123456789012");
  }

  @Test
  void anotherMethodIsRefused() {
    assertRefused(change(c -> new HttpCall("PUT", c.path(), c.query(), c.headers())));
  }

  @Test
  void anotherPathIsRefused() {
    assertRefused(change(c -> new HttpCall(c.method(), "/x", c.query(), c.headers())));
  }

  @Test
  void anotherQueryIsRefused() {
    assertRefused(change(c -> new HttpCall(c.method(), c.path(), "a=b", c.headers())));
  }

  @ParameterizedTest
  @CsvSource({
    "x-amz-target,PhotonAdminProxyService.DeleteImage",
    "host,elsewhere",
    "content-type,text/plain",
    "x-amz-date,20260131T120001Z",
    "x-amz-content-sha256,0000000000000000000000000000000000000000000000000000000000000000"
  })
  void anotherHeaderIsRefused(String name, String value) {
    assertRefused(change(c -> withHeader(c, name, value)));
  }

  @Test
  void anAddedHeaderThatIsNotSignedIsRefusedIfItIsAmazons() {
    assertRefused(change(c -> withHeader(c, "x-amz-extra", "1")));
  }

  @Test
  void anAbsentSignedHeaderIsRefused() {
    assertRefused(
        change(c -> {
          Map<String, List<String>> headers = new HashMap<>(c.headers());
          headers.remove("content-type");
          return new HttpCall(c.method(), c.path(), c.query(), headers);
        }));
  }

  @Test
  void anotherBodyIsRefused() {
    assertError(
        ErrorType.INVALID_SIGNATURE,
        () -> verify(sign(NOW, "us-east-1"), "{\"Names\":[\"other\"]}".getBytes(UTF_8)));
  }

  @ParameterizedTest
  @CsvSource({
    "20260131/us-east-1/appstream,20260130/us-east-1/appstream",
    "20260131/us-east-1/appstream,20260131/us-east-2/appstream",
    "20260131/us-east-1/appstream,20260131/us-east-1/s3",
    "aws4_request,aws5_request",
    "Signature=,Signature=0"
  })
  void anotherScopeOrSignatureIsRefused(String from, String to) {
    HttpCall call = change(c -> changeAuthorization(c, a -> a.replace(from, to)));
    ApiException thrown = catchThrowableOfType(ApiException.class, () -> verify(call, BODY));
    assertThat(thrown.type()).isIn(ErrorType.INVALID_SIGNATURE, ErrorType.INCOMPLETE_SIGNATURE);
  }

  @Test
  void aSignatureForAnotherServiceIsRefused() {
    HttpCall call =
        sign(KEY, SdkHttpMethod.POST, "http://localhost/", BODY, NOW, "us-east-1", "s3");
    assertThat(assertError(ErrorType.INVALID_SIGNATURE, () -> verify(call, BODY)))
        .isEqualTo("Credential should be scoped to correct service: 'appstream'.");
  }

  @Test
  void anUnknownKeyIsRefused() {
    HttpCall call =
        sign(
            AccessKey.generate(ACCOUNT, false),
            SdkHttpMethod.POST,
            "http://localhost/",
            BODY,
            NOW,
            "us-east-1",
            SigV4.SERVICE);
    assertError(ErrorType.UNRECOGNIZED_CLIENT, () -> verify(call, BODY));
  }

  @Test
  void aDisabledKeyIsRefused() {
    SigV4 sigV4 =
        new SigV4(
            _ -> Optional.of(new AccessKey(KEY.id(), KEY.secret(), ACCOUNT, false, false)),
            Clock.fixed(NOW, ZoneOffset.UTC));
    assertError(
        ErrorType.UNRECOGNIZED_CLIENT,
        () -> sigV4.authenticate(sign(NOW, "us-east-1"), Payload.of(BODY)));
  }

  @Test
  void aKeyWithAnotherSecretIsRefused() {
    AccessKey other = new AccessKey(KEY.id(), "x".repeat(40), ACCOUNT, false, true);
    HttpCall call =
        sign(other, SdkHttpMethod.POST, "http://localhost/", BODY, NOW, "us-east-1", SigV4.SERVICE);
    assertRefused(call);
  }

  @ParameterizedTest
  @ValueSource(ints = {-4, 4})
  void fourMinutesOfSkewAreAccepted(int minutes) {
    assertThat(verify(sign(NOW.plus(Duration.ofMinutes(minutes)), "us-east-1"), BODY)).isNotNull();
  }

  @Test
  void sixMinutesOfSkewAreRefused() {
    assertThat(
            assertError(
                ErrorType.INVALID_SIGNATURE,
                () -> verify(sign(NOW.minus(Duration.ofMinutes(6)), "us-east-1"), BODY)))
        .isEqualTo(
            "Signature expired: 20260131T115400Z is now earlier than 20260131T115500Z"
                + " (20260131T120000Z - 5 min.)");
    assertThat(
            assertError(
                ErrorType.INVALID_SIGNATURE,
                () -> verify(sign(NOW.plus(Duration.ofMinutes(6)), "us-east-1"), BODY)))
        .isEqualTo(
            "Signature not yet current: 20260131T120600Z is still later than 20260131T120500Z"
                + " (20260131T120000Z + 5 min.)");
  }

  @Test
  void aRequestWithoutSignatureIsRefused() {
    assertError(
        ErrorType.MISSING_AUTHENTICATION_TOKEN,
        () -> verify(new HttpCall("POST", "/", "", Map.of()), BODY));
  }

  @Test
  void anIncompleteSignatureNamesWhatIsMissing() {
    HttpCall call = change(c -> changeAuthorization(c, a -> a.replaceAll(", Signature=.*", "")));
    assertThat(assertError(ErrorType.INCOMPLETE_SIGNATURE, () -> verify(call, BODY)))
        .isEqualTo("Authorization header requires 'Signature' parameter.");
  }

  @Test
  void sessionTokensAndPresignedRequestsAreRefused() {
    assertThat(
            assertError(
                ErrorType.UNRECOGNIZED_CLIENT,
                () -> verify(change(c -> withHeader(c, "x-amz-security-token", "t")), BODY)))
        .contains("Session tokens are not served");
    assertThat(
            assertError(
                ErrorType.INCOMPLETE_SIGNATURE,
                () -> verify(new HttpCall("GET", "/", "X-Amz-Signature=0", Map.of()), BODY)))
        .contains("Presigned requests are not served");
  }

  @Test
  void anUnsignedBodyIsAcceptedOnlyWhereItIsStreamed() {
    HttpCall call = signUnsignedPayload();
    assertThat(sigV4().authenticate(call, new Payload.Streamed()).owner().region())
        .isEqualTo("us-east-1");
    assertRefused(call);
  }

  @Test
  void aStreamedBodysDeclaredHashIsPartOfTheSignature() {
    HttpCall call = sign(NOW, "us-east-1");
    assertThat(sigV4().authenticate(call, new Payload.Streamed())).isNotNull();
    assertError(
        ErrorType.INVALID_SIGNATURE,
        () ->
            sigV4()
                .authenticate(
                    withHeader(call, Payload.HASH_HEADER, "0".repeat(64)), new Payload.Streamed()));
    assertError(
        ErrorType.INCOMPLETE_SIGNATURE,
        () ->
            sigV4()
                .authenticate(
                    withHeader(call, Payload.HASH_HEADER, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
                    new Payload.Streamed()));
  }

  @Test
  void theOpenDoorTakesAnyKeyAndTheRegionOfTheScope() {
    OpenDoor door = new OpenDoor("us-east-1");
    assertThat(door.authenticate(new HttpCall("POST", "/", "", Map.of()), Payload.of(BODY)).owner())
        .isEqualTo(new Owner("000000000000", "us-east-1"));
    assertThat(door.authenticate(sign(NOW, "eu-west-3"), Payload.of(BODY)).owner())
        .isEqualTo(new Owner("000000000000", "eu-west-3"));
  }

  private static SigV4 sigV4() {
    return new SigV4(
        id -> Optional.of(KEY).filter(key -> key.id().equals(id)),
        Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private static Caller verify(HttpCall call, byte[] body) {
    return sigV4().authenticate(call, Payload.of(body));
  }

  private static HttpCall change(UnaryOperator<HttpCall> change) {
    return change.apply(sign(NOW, "us-east-1"));
  }

  private static HttpCall withHeader(HttpCall call, String name, String value) {
    Map<String, List<String>> headers = new HashMap<>(call.headers());
    headers.put(name, List.of(value));
    return new HttpCall(call.method(), call.path(), call.query(), headers);
  }

  private static HttpCall changeAuthorization(HttpCall call, UnaryOperator<String> change) {
    return withHeader(
        call, "authorization", change.apply(call.header("authorization").orElseThrow()));
  }

  private static void assertRefused(HttpCall call) {
    assertError(ErrorType.INVALID_SIGNATURE, () -> verify(call, BODY));
  }

  private static String assertError(
      ErrorType type, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    ApiException thrown = catchThrowableOfType(ApiException.class, call);
    assertThat(thrown).isNotNull();
    assertThat(thrown.type()).isEqualTo(type);
    return thrown.text();
  }

  private static HttpCall sign(Instant time, String region) {
    return sign(
        KEY, SdkHttpMethod.POST, "http://localhost:8790/", BODY, time, region, SigV4.SERVICE);
  }

  private static HttpCall sign(
      AccessKey key,
      SdkHttpMethod method,
      String uri,
      byte[] body,
      Instant time,
      String region,
      String service) {
    SdkHttpRequest request = request(method, uri);
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(r ->
                r.identity(AwsCredentialsIdentity.create(key.id(), key.secret()))
                    .request(request)
                    .payload(ContentStreamProvider.fromByteArray(body))
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                    .putProperty(AwsV4HttpSigner.SIGNING_CLOCK, Clock.fixed(time, ZoneOffset.UTC)))
            .request();
    return call(signed, URI.create(uri));
  }

  private static HttpCall signUnsignedPayload() {
    String uri = "https://localhost/regild/v1/disks";
    SdkHttpRequest signed =
        AwsV4HttpSigner.create()
            .sign(r ->
                r.identity(AwsCredentialsIdentity.create(KEY.id(), KEY.secret()))
                    .request(request(SdkHttpMethod.POST, uri))
                    .putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, false)
                    .putProperty(AwsV4HttpSigner.REGION_NAME, "us-east-1")
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SigV4.SERVICE)
                    .putProperty(AwsV4HttpSigner.SIGNING_CLOCK, Clock.fixed(NOW, ZoneOffset.UTC)))
            .request();
    return call(signed, URI.create(uri));
  }

  private static SdkHttpRequest request(SdkHttpMethod method, String uri) {
    return SdkHttpRequest.builder()
        .method(method)
        .uri(URI.create(uri))
        .putHeader("Content-Type", "application/x-amz-json-1.1")
        .putHeader("X-Amz-Target", "PhotonAdminProxyService.DescribeImages")
        .build();
  }

  private static HttpCall call(SdkHttpRequest signed, URI uri) {
    Map<String, List<String>> headers = new HashMap<>();
    signed.headers().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
    return new HttpCall(
        signed.method().name(),
        uri.getRawPath(),
        Optional.ofNullable(uri.getRawQuery()).orElse(""),
        headers);
  }
}
