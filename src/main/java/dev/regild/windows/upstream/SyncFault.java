package dev.regild.windows.upstream;

/** What a server says in place of an answer (MS-WSUSSS, 2.2.9). */
final class SyncFault extends Exception {
  private static final long serialVersionUID = 1;

  /** The cookie has ended, or is not the server's. */
  static final String INVALID_COOKIE = "InvalidCookie";

  static final String INVALID_AUTHORIZATION_COOKIE = "InvalidAuthorizationCookie";
  static final String INVALID_PARAMETERS = "InvalidParameters";
  static final String INTERNAL_ERROR = "InternalServerError";
  static final String SERVER_CHANGED = "ServerChanged";
  static final String SERVER_BUSY = "ServerBusy";
  static final String DIGESTS_MISSING = "FileDigestsMissing";

  private final String code;
  private final String said;

  /**
   * @param code of the protocol's list; may be empty
   * @param said the server's own words; may be empty
   */
  SyncFault(String operation, String code, String said) {
    super(
        "%s was answered by the fault %s%s"
            .formatted(
                operation,
                code.isEmpty() ? "without a code" : ServerWords.shortened(code),
                said.isEmpty() ? "" : ": " + ServerWords.shortened(said)));
    this.code = code;
    this.said = said;
  }

  String code() {
    return code;
  }

  String said() {
    return said;
  }

  boolean is(String other) {
    return code.equals(other);
  }
}
