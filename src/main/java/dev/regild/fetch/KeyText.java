package dev.regild.fetch;

/**
 * The form of what names a source's keys. Apart from {@link Keyring}, since to load what reads keys
 * takes a tenth of a second: a channel that is only looked up does without.
 */
public final class KeyText {
  /** The first line of an armored public key. */
  static final String ARMOR = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

  private KeyText() {}

  /**
   * Refuses what can be neither a path nor a key.
   *
   * @param setting the key of the channel's file, for the message
   */
  public static void check(String setting, String signedBy) {
    if (!signedBy.startsWith("/") && !signedBy.strip().startsWith(ARMOR)) {
      throw new IllegalArgumentException(
          setting
              + ": must be the absolute path of a keyring, or an armored public key that begins"
              + " with "
              + ARMOR);
    }
  }
}
