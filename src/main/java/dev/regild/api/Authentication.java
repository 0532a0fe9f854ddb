package dev.regild.api;

/** Finds out who sent a request. */
public interface Authentication {
  /**
   * Judges a request by its head, before any of its body is read.
   *
   * @return what is left to prove once the body is known
   * @throws ApiException with one of the authentication errors
   */
  Claim examine(HttpCall call);

  /** A request whose head is in order. */
  @FunctionalInterface
  interface Claim {
    /**
     * The caller, once the body has been read, or its declared hash is taken for it.
     *
     * @throws ApiException with one of the authentication errors
     */
    Caller prove(Payload payload);
  }

  /**
   * The caller, before anything is done for it.
   *
   * @throws ApiException with one of the authentication errors
   */
  default Caller authenticate(HttpCall call, Payload payload) {
    return examine(call).prove(payload);
  }
}
