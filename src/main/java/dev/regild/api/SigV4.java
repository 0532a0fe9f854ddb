package dev.regild.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.function.Predicate.not;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.image.Owner;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Verifies AWS Signature Version 4: the signature is made again from the request and the secret of
 * its access key, and compared in constant time. Presigned queries, session tokens and signed
 * chunks are refused.
 */
public final class SigV4 implements Authentication {
  /** The service's signing name. */
  public static final String SERVICE = "appstream";

  private static final Duration LARGEST_SKEW = Duration.ofMinutes(5);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final Function<String, Optional<AccessKey>> keys;
  private final Clock clock;

  /**
   * With the keys that it finds by their id.
   *
   * @param keys looks up one access key
   */
  public SigV4(Function<String, Optional<AccessKey>> keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /** Whether a region may be called that: AWS's own, and everything of their form. */
  public static boolean isRegion(String name) {
    return CredentialScope.REGION.matcher(name).matches();
  }

  /**
   * Checks form, date, scope and key, and the signature too where the head declares the body's
   * hash: then nobody but the owner of the key has any of a body read.
   */
  @Override
  public Claim examine(HttpCall call) {
    refuseOtherForms(call);
    AuthorizationHeader authorization = AuthorizationHeader.of(call);
    CredentialScope scope = authorization.scope();
    Instant signedAt = signingTime(call, scope);
    if (!scope.service().equals(SERVICE)) {
      throw invalid("Credential should be scoped to correct service: '" + SERVICE + "'.");
    }
    AccessKey key =
        keys.apply(scope.accessKeyId())
            .filter(AccessKey::enabled)
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.UNRECOGNIZED_CLIENT,
                    "The security token included in the request is invalid."));
    checkSignedHeaders(call, authorization.signedHeaders());
    Signed signed = new Signed(call, authorization, signedAt, key);
    Optional<String> declared = Payload.declaredSha256(call);
    declared.ifPresent(signed::check);
    return payload -> {
      String hash = payloadHash(call, payload);
      if (!declared.equals(Optional.of(hash))) {
        signed.check(hash);
      }
      return signed.caller();
    };
  }

  /** A request with the key that it names. */
  private record Signed(
      HttpCall call, AuthorizationHeader authorization, Instant signedAt, AccessKey key) {
    void check(String payloadHash) {
      String expected =
          new RequestSignature(call, authorization.signedHeaders(), signedAt)
              .of(authorization.scope(), key.secret(), payloadHash);
      if (!MessageDigest.isEqual(
          expected.getBytes(US_ASCII), authorization.signature().getBytes(US_ASCII))) {
        throw invalid(
            "The request signature we calculated does not match the signature you provided. Check"
                + " your AWS Secret Access Key and signing method. Consult the service"
                + " documentation for details.");
      }
    }

    Caller caller() {
      return new Caller(
          new Owner(key.account().id(), authorization.scope().region()),
          key.id(),
          key.readOnly(),
          key.account().status() == Account.Status.SUSPENDED);
    }
  }

  private static void refuseOtherForms(HttpCall call) {
    if (call.query().contains("X-Amz-Signature=") || call.query().contains("X-Amz-Credential=")) {
      throw new ApiException(
          ErrorType.INCOMPLETE_SIGNATURE,
          "Presigned requests are not served; sign with the Authorization header.");
    }
    if (call.headers().containsKey("x-amz-security-token")) {
      throw new ApiException(
          ErrorType.UNRECOGNIZED_CLIENT,
          "Session tokens are not served; use an access key without one.");
    }
  }

  private Instant signingTime(HttpCall call, CredentialScope scope) {
    String text =
        call.header("x-amz-date")
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.INCOMPLETE_SIGNATURE,
                    "Authorization header requires existence of an 'X-Amz-Date' header."));
    Instant signedAt;
    try {
      signedAt = TIME.parse(text, Instant::from);
    } catch (DateTimeException e) {
      throw new ApiException(
          ErrorType.INCOMPLETE_SIGNATURE,
          "Date must be in ISO-8601 'basic format'. Got '%s'.".formatted(text));
    }
    if (!text.startsWith(scope.date())) {
      throw invalid(
          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
              + " HTTP: '%s' != '%s', from '%s'."
                  .formatted(scope.date(), text.substring(0, 8), text));
    }
    Instant now = clock.instant();
    if (signedAt.isBefore(now.minus(LARGEST_SKEW))) {
      throw invalid(
          "Signature expired: %s is now earlier than %s (%s - 5 min.)"
              .formatted(text, TIME.format(now.minus(LARGEST_SKEW)), TIME.format(now)));
    }
    if (signedAt.isAfter(now.plus(LARGEST_SKEW))) {
      throw invalid(
          "Signature not yet current: %s is still later than %s (%s + 5 min.)"
              .formatted(text, TIME.format(now.plus(LARGEST_SKEW)), TIME.format(now)));
    }
    return signedAt;
  }

  /** A header that steers the request, but could be changed on the way, is not part of it. */
  private static void checkSignedHeaders(HttpCall call, List<String> signedHeaders) {
    List<String> unsigned =
        call.headers().keySet().stream()
            .filter(name -> name.equals("host") || name.startsWith("x-amz-"))
            .filter(not(signedHeaders::contains))
            .sorted()
            .toList();
    if (!unsigned.isEmpty()) {
      throw invalid("These headers must be signed: " + String.join(", ", unsigned) + ".");
    }
    List<String> absent =
        signedHeaders.stream().filter(not(call.headers()::containsKey)).sorted().toList();
    if (!absent.isEmpty()) {
      throw invalid("These headers are signed, but absent: " + String.join(", ", absent) + ".");
    }
  }

  private static String payloadHash(HttpCall call, Payload payload) {
    return switch (payload) {
      case Payload.Whole whole -> {
        if (call.header(Payload.HASH_HEADER).filter(not(whole.sha256()::equals)).isPresent()) {
          throw invalid(
              "The body's SHA-256 is not the one in the header " + Payload.HASH_HEADER + ".");
        }
        yield whole.sha256();
      }
      case Payload.Streamed _ ->
          Payload.declaredSha256(call)
              .or(() -> call.header(Payload.HASH_HEADER).filter(Payload.UNSIGNED::equals))
              .orElseThrow(() ->
                  new ApiException(
                      ErrorType.INCOMPLETE_SIGNATURE,
                      "The header %s must hold the body's SHA-256, or %s."
                          .formatted(Payload.HASH_HEADER, Payload.UNSIGNED)));
    };
  }

  private static ApiException invalid(String message) {
    return new ApiException(ErrorType.INVALID_SIGNATURE, message);
  }
}
