package dev.regild.account;

import java.security.SecureRandom;
import java.util.Optional;

/**
 * What a client signs its calls with. Its text never shows the secret.
 *
 * @param id {@code AKIA} and sixteen capital letters or digits
 * @param secret forty characters
 * @param account whose calls it signs
 * @param readOnly whether calls that change something are refused
 * @param enabled whether it is accepted at all
 * @param person who acts with it in the console; such a key signs nothing. Empty for a key that a
 *     client has
 */
public record AccessKey(
    String id,
    String secret,
    Account account,
    boolean readOnly,
    boolean enabled,
    Optional<Person> person) {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** The alphabet of Base32, which key ids of AWS keep to as well. */
  private static final String ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  /** No {@code /} and {@code +}: they break where a secret is pasted into an address. */
  private static final String SECRET_ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  public AccessKey {
    if (!id.matches("AKIA[A-Z0-9]{16}")) {
      throw new IllegalArgumentException(
          "An access key id must be AKIA and sixteen capital letters or digits: " + id);
    }
    if (secret.length() != 40) {
      throw new IllegalArgumentException("The secret of " + id + " must have forty characters.");
    }
  }

  /** A key that a client has. */
  public AccessKey(String id, String secret, Account account, boolean readOnly, boolean enabled) {
    this(id, secret, account, readOnly, enabled, Optional.empty());
  }

  /** A new key with an id and a secret of its own, enabled, not stored yet. */
  public static AccessKey generate(Account account, boolean readOnly) {
    return new AccessKey(
        "AKIA" + random(ID_ALPHABET, 16), random(SECRET_ALPHABET, 40), account, readOnly, true);
  }

  /** Id and secret as the profile {@code default} of an AWS credentials file. */
  public String asCredentialsFile() {
    return """
    [default]
    aws_access_key_id = %s
    aws_secret_access_key = %s
    """
        .formatted(id, secret);
  }

  @Override
  public String toString() {
    return "AccessKey[id=%s, secret=***, account=%s, readOnly=%s, enabled=%s]"
        .formatted(id, account.id(), readOnly, enabled);
  }

  private static String random(String alphabet, int length) {
    var text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(RANDOM.nextInt(alphabet.length())));
    }
    return text.toString();
  }
}
