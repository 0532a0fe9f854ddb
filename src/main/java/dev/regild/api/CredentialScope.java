package dev.regild.api;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The scope of a SigV4 signature: {@code AKID/20260131/us-east-1/appstream/aws4_request}.
 *
 * @param accessKeyId who signed
 * @param date the day of the signing key, {@code yyyyMMdd}
 * @param region the region that the request is for
 * @param service the signing name of the service
 */
public record CredentialScope(String accessKeyId, String date, String region, String service) {
  /** Every region's name so far, the isolated and sovereign ones included, has this form. */
  public static final Pattern REGION =
      Pattern.compile("(?=.{1,32}$)[a-z]{2,8}(-[a-z0-9]{1,16}){1,4}");

  private static final Pattern FORM =
      Pattern.compile("([\\w.-]{1,128})/(\\d{8})/([^/]{1,64})/([^/]{1,64})/aws4_request");

  /**
   * @throws ApiException IncompleteSignatureException if it hasn't that form
   */
  static CredentialScope parse(String credential) {
    Matcher matcher = FORM.matcher(credential);
    if (!matcher.matches()) {
      throw new ApiException(
          ErrorType.INCOMPLETE_SIGNATURE,
          "Credential must have the form <access key id>/<yyyyMMdd>/<region>/<service>/aws4_request.");
    }
    List<String> parts = List.of(credential.split("/", -1));
    CredentialScope scope =
        new CredentialScope(parts.get(0), parts.get(1), parts.get(2), parts.get(3));
    if (!REGION.matcher(scope.region).matches()) {
      throw new ApiException(
          ErrorType.INVALID_SIGNATURE,
          "Credential should be scoped to a region such as us-east-1, not '" + scope.region + "'.");
    }
    return scope;
  }
}
