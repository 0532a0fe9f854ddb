package dev.regild.api;

import dev.regild.image.Owner;

/**
 * Who sent a request, and to which region.
 *
 * @param owner the account and the region of the signature's scope
 * @param key the id of the access key; empty where calls are not signed
 * @param readOnly whether it may only look
 * @param suspended whether its account is refused every call
 */
public record Caller(Owner owner, String key, boolean readOnly, boolean suspended) {
  /** Returns how records name the caller: by its access key; by its account if there is no key. */
  public String signature() {
    return key.isEmpty() ? "account " + owner.accountId() : key;
  }

  /**
   * Nothing happens if the caller may do this.
   *
   * @param changes whether what it asks for changes anything
   * @throws ApiException AccessDeniedException if it may not
   */
  public void requirePermission(boolean changes) {
    if (changes && readOnly) {
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "This access is read-only. Use an access key or a login that may change images.");
    }
  }

  /**
   * Nothing happens if the caller's account is in good standing.
   *
   * @param error what the request is refused with
   * @throws ApiException of that type if the account is suspended
   */
  public void requireActiveAccount(ErrorType error) {
    if (suspended) {
      throw new ApiException(
          error, "The account " + owner.accountId() + " is suspended; ask the server's operator.");
    }
  }
}
