package dev.regild.api;

/** Finds out who sent a request. */
public interface Authentication {
  /**
   * The caller, before anything is done for it.
   *
   * @throws ApiException with one of the authentication errors
   */
  Caller authenticate(HttpCall call, Payload payload);
}
