package dev.regild.api;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The header {@code Authorization} of a request that is signed with SigV4.
 *
 * @param scope the access key and what it signed for
 * @param signedHeaders the lower-case names of the headers that are part of the signature
 * @param signature lower-case hexadecimal
 */
record AuthorizationHeader(CredentialScope scope, List<String> signedHeaders, String signature) {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";

  /**
   * @throws ApiException MissingAuthenticationTokenException if there is no such header,
   *     IncompleteSignatureException if it isn't complete
   */
  static AuthorizationHeader of(HttpCall call) {
    String value =
        call.header("authorization")
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.MISSING_AUTHENTICATION_TOKEN, "Missing Authentication Token"));
    if (!value.startsWith(ALGORITHM + " ")) {
      throw incomplete("Unsupported authorization; sign with " + ALGORITHM + ".");
    }
    Map<String, String> parts = parts(value.substring(ALGORITHM.length() + 1));
    List<String> missing =
        Stream.of("Credential", "SignedHeaders", "Signature")
            .filter(name -> !parts.containsKey(name))
            .map(name -> "Authorization header requires '" + name + "' parameter.")
            .toList();
    if (!missing.isEmpty()) {
      throw incomplete(String.join(" ", missing));
    }
    return new AuthorizationHeader(
        CredentialScope.parse(part(parts, "Credential")),
        List.of(part(parts, "SignedHeaders").split(";")),
        part(parts, "Signature"));
  }

  private static Map<String, String> parts(String text) {
    Map<String, String> parts = new HashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        parts.put(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
      }
    }
    return parts;
  }

  private static String part(Map<String, String> parts, String name) {
    return Optional.ofNullable(parts.get(name)).orElseThrow();
  }

  private static ApiException incomplete(String message) {
    return new ApiException(ErrorType.INCOMPLETE_SIGNATURE, message);
  }
}
